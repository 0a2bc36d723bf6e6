import { expect, test } from 'vitest'
import { median } from './stats.ts'
import { undisturbed } from './stolen.ts'

/** A host that takes so many percent of the first measurement, the second, and so on. */
const host = (...percents: (number | undefined)[]) => () => () => percents.shift()

async function measured(...percents: (number | undefined)[]): Promise<{ readonly counted: number | undefined; readonly told: readonly number[][] }> {
  let nth = 0
  const told: number[][] = []
  const counted = await undisturbed(host(...percents), async () => ++nth, (value, percent) => told.push([value, percent]))
  return { counted, told }
}

test('what the host left alone counts, whatever came out', async () => {
  expect(await measured(0.5, 9)).toEqual({ counted: 1, told: [] })
})

test('what the host disturbed is told and measured again', async () => {
  expect(await measured(0.6, 7, 0.1)).toEqual({ counted: 3, told: [[1, 0.6], [2, 7]] })
})

test('when every try was disturbed nothing is measured', async () => {
  expect(await measured(1, 2, 3, 4, 0)).toEqual({ counted: undefined, told: [[1, 1], [2, 2], [3, 3], [4, 4]] })
})

test('a kernel that does not say what the host takes disturbs nothing', async () => {
  expect(await measured(undefined)).toEqual({ counted: 1, told: [] })
})

test('the middle of rounds is known when most of them were measured', () => {
  expect(median([3, Number.NaN, 1, 2, Number.NaN])).toBe(2)
  expect(median([3, Number.NaN, Number.NaN])).toBeNaN()
})

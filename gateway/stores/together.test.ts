import { expect, test } from 'vitest'
import { Together } from './together.ts'

/** Turns that end when the test says so. */
function turns() {
  const due: (() => void)[] = []
  return { atTurnEnd: (then: () => void) => void due.push(then), end: () => due.splice(0).forEach((then) => then()) }
}

const same = (one: string, other: string): boolean => one === other

test('what is asked about one thing in a turn is one command, each gets its own answer, and the next turn begins anew', async () => {
  const turn = turns()
  const sent: [string, readonly number[]][] = []
  const together = new Together<string, number, number>(turn, same, async (about, items) => {
    sent.push([about, items])
    return items.map((item) => 10 * item)
  })
  const first = [together.ask('a', 1), together.ask('b', 2), together.ask('a', 3)]
  expect(sent).toEqual([])
  turn.end()
  const second = together.ask('a', 4)
  turn.end()
  expect(await Promise.all([...first, second])).toEqual([10, 20, 30, 40])
  expect(sent).toEqual([['a', [1, 3]], ['b', [2]], ['a', [4]]])
})

test('a command that fails fails for all who asked, and for nobody else', async () => {
  const turn = turns()
  const together = new Together<string, number, number>(turn, same, async (about, items) => {
    if (about === 'a') throw new Error('lost')
    return items
  })
  const asked = [together.ask('a', 1), together.ask('a', 2), together.ask('b', 3)]
  turn.end()
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
})

test('a turn that ends at once, as while Redis is away, loses nobody', async () => {
  const together = new Together<string, number, number>({ atTurnEnd: (then) => then() }, same, async (_about, items) => items)
  expect(await Promise.all([together.ask('a', 1), together.ask('a', 2)])).toEqual([1, 2])
})

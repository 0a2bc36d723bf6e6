import { expect, test } from 'vitest'
import { Report } from '../schemas/report.ts'
import json from './json.ts'
import { count } from './lib/read.ts'
import { green, sample } from './sample.ts'

test('the sample is a valid document whose summary agrees with its scenarios', () => {
  expect(Report.parse(sample)).toEqual(sample)
  expect(count(sample.scenarios)).toEqual(sample.summary.counts)
  expect(Report.parse(green(60))).toEqual(green(60))
})

test('what it writes reads back as the same document', async () => {
  expect(Report.parse(JSON.parse(await json.render(sample)))).toEqual(sample)
})

test('the order of keys does not depend on how the document was built', async () => {
  const turned = Object.fromEntries(Object.entries(sample).toReversed()) as unknown as typeof sample
  const byOrigin = Object.fromEntries(Object.entries(sample.summary.byOrigin).toReversed())
  expect(await json.render({ ...turned, summary: { ...sample.summary, byOrigin } })).toBe(await json.render(sample))
})

test('a document that breaks the schema is written as it is, and its reader refuses it', async () => {
  const broken = { ...sample, run: { ...sample.run, seed: 'seven' } } as unknown as typeof sample
  const text = await json.render(broken)
  expect(text).toContain('"seed": "seven"')
  expect(Report.safeParse(JSON.parse(text)).success).toBe(false)
})

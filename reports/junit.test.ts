import { expect, test } from 'vitest'
import type { Report } from '../schemas/report.ts'
import junit from './junit.ts'
import { sample } from './sample.ts'
import { all, parseXml, type XmlNode } from './testing/xml.ts'

const render = async (report: Report): Promise<XmlNode> => parseXml(await junit.render(report))
const caseOf = (root: XmlNode, id: string): XmlNode => {
  const found = all(root, 'testcase').find((node) => node.attributes['name']?.startsWith(`${id}:`))
  if (found === undefined) throw new Error(`no test case for ${id}`)
  return found
}

test('is well-formed although the evidence is hostile, and counts what it holds', async () => {
  const root = await render(sample)
  expect(root.attributes).toMatchObject({ tests: '12', failures: '3', errors: '1', skipped: '2' })
  expect(all(root, 'testsuite').map((s) => s.attributes['name'])).toEqual(['wire', 'streaming', 'retries', 'breaker', 'cancellation', 'embeddings'])
})

test('fail is a failure with requirement, expected, actual and the line to see it again', async () => {
  const failed = caseOf(await render(sample), 'streaming/upstream-eof-mid-stream')
  const [failure] = all(failed, 'failure')
  expect(failure?.attributes['message']).toBe(
    'A stream that the upstream did not finish must not look finished: the caller sees an in-stream error or an abnormal close, never a finish_reason and [DONE].' +
      ' · expected error event, or connection closed abnormally · actual finish_reason "stop", then [DONE], clean close; 3 of 60 words arrived' +
      ' · repro: npx gauntlet run --only streaming/upstream-eof-mid-stream --seed 7',
  )
  expect(failure?.text).toContain('MUST de-facto · fault.cut.visible')
  expect(failure?.text).toContain('repeated: 5/5')
  expect(failure?.text).toContain('no-silent-truncation: failed\n  expected error event, or connection closed abnormally\n')
  expect(all(failed, 'error')).toEqual([])
})

test('unknown is an error, never a failure and never silent', async () => {
  const unknown = caseOf(await render(sample), 'breaker/half-open-herd')
  expect(all(unknown, 'failure')).toEqual([])
  expect(all(unknown, 'error')[0]?.attributes).toEqual({ message: 'not proved: harness lag 81 ms · repro: npx gauntlet run --only breaker/half-open-herd --seed 7', type: 'unknown' })
})

test('skipped and not claimed are skipped, each with its reason', async () => {
  const root = await render(sample)
  const message = (id: string) => all(caseOf(root, id), 'skipped')[0]?.attributes['message']
  expect(message('breaker/shared-state')).toBe('skipped: redis not found: gauntlet install redis · gauntlet install redis')
  expect(message('embeddings/shape')).toBe('not claimed: embeddings')
})

test('a warning passes and says what was seen', async () => {
  const warned = caseOf(await render(sample), 'wire/oversize-413')
  expect(warned.children.map((child) => child.name)).toEqual(['properties', 'system-out'])
  expect(all(warned, 'system-out')[0]?.text).toContain('status-is: warning\n  expected 413\n  actual   400')
})

test('a run that did not complete adds an error of its own', async () => {
  const passed = sample.scenarios.filter((s) => s.verdict === 'pass')
  const root = await render({ ...sample, scenarios: passed, run: { ...sample.run, complete: false, executed: 5, stopped: 'SIGTERM' } })
  expect(root.attributes).toMatchObject({ failures: '0', errors: '1' })
  expect(all(root, 'error')[0]?.attributes['message']).toBe('the run did not complete: SIGTERM; 5 of 12 scenarios ran')
})

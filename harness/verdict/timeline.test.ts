import { expect, test } from 'vitest'
import { attempt, chunk, DONE, errorBody, evidence, finish, jsonExchange, noAnswer, role, streamExchange, usageChunk, wholeStream, word } from '../evidence/fixture.ts'
import type { EvidenceInput } from '../evidence/fixture.ts'
import { timelineOf, timelinesOf } from './timeline.ts'

/** One row in one line: time, way, text, tone. */
const rows = (input: EvidenceInput, nonce = 'a'): string[] =>
  (timelineOf(evidence(input), nonce)?.rows ?? []).map((r) => `${r.t} ${r.from}${r.from === r.to ? '' : `→${r.to}`}${r.lane ? `:${r.lane}` : ''} ${r.text}${r.tone === 'plain' ? '' : ` (${r.tone})`}`)

test('both sides of a request in the order of time, from its first moment on', () => {
  expect(rows({
    exchanges: [jsonExchange('a', errorBody('no'), { t: 1000, status: 503 })],
    attempts: [attempt('a', { t: 1001, status: 503, body: errorBody('busy'), faults: ['status'] })],
  })).toEqual([
    '0 caller→target POST /v1/chat/completions',
    '1 target→upstream:primary attempt 1',
    '1 upstream→target:primary status 503 (fault)',
    '1 upstream→target:primary {"error":{"message":"busy","type":"server_error","param":null,"… (dim)',
    '1 upstream:primary fault: status:  (fault)',
    '5 target→caller status 503 (bad)',
    '10 target→caller {"error":{"message":"no","type":"server_error","param":null,"co… (dim)',
    '10 target→caller clean close (dim)',
  ])
})

test('events of a stream in a few words', () => {
  const told = rows({ exchanges: [streamExchange('a', [role, word('A "b"'), word('x'.repeat(40)), 'half {', errorBody('gone'), finish('length'), usageChunk({}), DONE], { end: 'reset' })] })
  expect(told.slice(2)).toEqual([
    '10 target→caller role (dim)', '20 target→caller event 1 "A \\"b\\"" (dim)', `30 target→caller event 2 "${'x'.repeat(23)}…" (dim)`, '40 target→caller not JSON: half { (dim)',
    '50 target→caller error event: "gone" (bad)', '60 target→caller finish_reason "length" (dim)', '70 target→caller usage (dim)', '80 target→caller [DONE] (dim)', '80 target→caller ended: reset (bad)',
  ])
})

test('who leaves and who closes', () => {
  const left = { ...noAnswer('a', 'aborted', { abortedAt: 50, endAt: 51 }) }
  expect(rows({ exchanges: [left], attempts: [attempt('a', { status: null, held: ['expired'], end: 'peer-closed', peerClosed: 'before-head', endAt: 60 })] })).toEqual([
    '0 caller→target POST /v1/chat/completions', '1 target→upstream:primary attempt 1', '1 upstream:primary the caller does not have event 1 yet (bad)', '50 caller→target the caller leaves', '51 target→caller ended: aborted (dim)',
    '60 target→upstream:primary target closes the connection',
  ])
  expect(rows({ exchanges: [noAnswer('a', 'gave-up', { endAt: 9 })], attempts: [attempt('a', { status: null, end: 'rst', endAt: 3 })] })).toContain('3 upstream→target:primary RST (fault)')
})

test('a good end after a cut stands out, unless the caller was told', () => {
  const cut = attempt('a', { events: [role, word('A')], faults: ['cut'], end: 'fin', endAt: 2 })
  const good = rows({ exchanges: [streamExchange('a', wholeStream('A'))], attempts: [cut] })
  expect(good.filter((r) => r.endsWith('(bad)'))).toEqual(['30 target→caller finish_reason "stop" (bad)', '40 target→caller [DONE] (bad)', '40 target→caller clean close (bad)'])
  const told = rows({ exchanges: [streamExchange('a', [role, word('A'), errorBody('gone'), DONE])], attempts: [cut] })
  expect(told.filter((r) => r.endsWith('(bad)'))).toEqual(['30 target→caller error event: "gone" (bad)'])
})

test('attempts of all lanes, none of other requests', () => {
  const told = rows({ exchanges: [jsonExchange('a', {})], attempts: [attempt('a', { t: 3, lane: 'secondary' }), attempt('a', { t: 2 }), attempt('b')] })
  expect(told.filter((r) => r.includes('attempt'))).toEqual(['2 target→upstream:primary attempt 1', '3 target→upstream:secondary attempt 1'])
})

test('a long one keeps its beginning and its end in 40 rows, and says how much is left out', () => {
  const { rows: all } = timelineOf(evidence({ exchanges: [streamExchange('a', Array.from({ length: 100 }, (_, i) => word(`w${i}`)))] }), 'a') ?? { rows: [] }
  expect(all).toHaveLength(40)
  expect(all.map((r) => r.text)).toContain('… 64 more')
  expect(all[0]?.text).toMatch(/^POST/)
  expect(all.at(-1)?.text).toBe('clean close')
  expect(all.map((r) => r.t)).toEqual(all.map((r) => r.t).toSorted((a, b) => a - b))
})

test('the request that decided is shown, else the first of the fault', () => {
  const found = evidence({ exchanges: [jsonExchange('b0', {}, { window: 'baseline' }), jsonExchange('f0', {}), jsonExchange('f1', {}, { label: 'trip' })] })
  expect(timelinesOf(found, ['f1', 'f0']).map((t) => [t.nonce, t.label])).toEqual([['f1', 'trip']])
  expect(timelinesOf(found, []).map((t) => t.nonce)).toEqual(['f0'])
  expect(timelinesOf(evidence(), [])).toEqual([])
  expect(timelineOf(found, 'nobody')).toBeNull()
  expect(timelineOf(evidence({ exchanges: [streamExchange('a', [chunk({})])] }), 'a')?.rows.at(-2)?.text).toBe('role')
})

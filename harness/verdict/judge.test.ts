import { describe, expect, test } from 'vitest'
import type { Level, Verdict } from '../../schemas/verdict.ts'
import { attempt, completion, errorBody, evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import type { EvidenceInput } from '../evidence/fixture.ts'
import type { CheckData } from '../scenario.ts'
import { timing } from '../timing.ts'
import { judge } from './judge.ts'

const passing: CheckData = { check: 'status-is', params: { anyOf: [503] } }
const failing: CheckData = { check: 'status-is', params: { anyOf: [418] } }
const blind: CheckData = { check: 'status-is', params: { anyOf: [503], labels: ['nobody'] } }
const timed: CheckData = { check: 'ends-within', params: { budget: 1000 } }
const timedFailing: CheckData = { check: 'ends-within', params: { budget: -5000 } }
/** Warns by itself nowhere: a failed SHOULD is the only way to one. */
const end = { kind: 'window', window: 'end' } as const
const inject = { kind: 'inject', fault: 'status', detail: 'upstream answers 503 (primary)' } as const
const baseline = jsonExchange('b0', completion('b0 Hello.'), { window: 'baseline' })
const relayed = attempt('b0', { body: completion('b0 Hello.') })
const refused = jsonExchange('f0', errorBody(), { status: 503 })
const emitted = attempt('f0', { status: 503, faults: ['status'] })

/** One scripted fault, put on the wire and met; everything as it should be but for what a test changes. */
const disturbed = (checks: CheckData[], changes: EvidenceInput = {}) =>
  evidence({
    exchanges: [baseline, refused], diary: [inject, end], ...changes, attempts: [relayed, ...(changes.attempts ?? [emitted])],
    scenario: { checks, faults: [{ fault: { kind: 'status', lane: 'primary', status: 503, times: 'all' } }], ...changes.scenario },
  })
const plain = (checks: CheckData[], changes: EvidenceInput = {}) => evidence({ exchanges: [refused], ...changes, scenario: { checks, ...changes.scenario } })
const verdictOf = (found: ReturnType<typeof evidence>, strict = false) => {
  const { verdict, reason, again } = judge(found, { strict })
  return { verdict, reason, again }
}

describe('sound evidence', () => {
  test('passes and fails as its checks do', () => {
    expect(verdictOf(disturbed([passing]))).toEqual({ verdict: 'pass', reason: undefined, again: false })
    expect(verdictOf(disturbed([passing, failing]))).toEqual({ verdict: 'fail', reason: undefined, again: false })
    expect(verdictOf(plain([passing]))).toMatchObject({ verdict: 'pass' })
  })

  test('keeps what each check said', () => {
    expect(judge(disturbed([failing]), { strict: false }).checks).toEqual([{ name: 'status-is', verdict: 'fail', expected: 'status 418', actual: expect.stringMatching(/^503/), nonces: ['f0'] }])
  })
})

test('a check may say itself that the harness has to measure again', () => {
  const burst: CheckData = { check: 'limit-exact', params: { labels: ['request'] } }
  const rateLimit = { burst: 1, perSecond: 1, shared: false, counters: 1, whenLost: 'open' as const, lostWithinMs: 0, backWithinMs: 0 }
  const letIn = (...at: number[]) => plain([burst], { claims: { rateLimit }, exchanges: [...at.map((t) => jsonExchange(`n${t}`, completion('Hello.'), { t })), jsonExchange('r', errorBody(), { status: 429 })], attempts: at.map((t) => attempt(`n${t}`, { t })) })
  expect(verdictOf(letIn(0, 1000))).toEqual({ verdict: 'unknown', reason: 'the harness took 1000 ms to send a burst', again: true })
  expect(verdictOf(letIn(0, 999))).toMatchObject({ verdict: 'fail', again: false })
})

describe('a pass that proves nothing is unknown', () => {
  const rows: [name: string, found: ReturnType<typeof evidence>, reason: RegExp, again: boolean][] = [
    ['the fault was never put on the wire', disturbed([passing], { attempts: [attempt('f0', { status: 503 })] }), /never put on the wire: upstream answers 503 \(primary\)$/, false],
    ['the fault hit only the control row', disturbed([passing], { attempts: [attempt('c0', { faults: ['status'] })] }), /never put on the wire/, false],
    ['another kind of fault was put on the wire', disturbed([passing], { attempts: [attempt('f0', { faults: ['cut'] })] }), /never put on the wire/, false],
    ['the fault was not injected', disturbed([passing], { diary: [end] }), /^the fault was not injected: upstream answers 503/, true],
    ['the control row failed', disturbed([passing], { diary: [inject, { kind: 'control-row', script: 'upstream answers 503', nonce: 'c0', deviation: 'saw 200' }, end] }), /^the control row failed: upstream answers 503: saw 200$/, true],
    ['no baseline', disturbed([passing], { exchanges: [refused] }), /^the target was not healthy before the fault$/, true],
    ['a target that was never healthy, asked once', disturbed([passing], { exchanges: [jsonExchange('b0', '', { window: 'baseline', status: 500 }), refused] }), /not healthy/, false],
    ['a baseline that was cut, asked once', disturbed([passing], { exchanges: [jsonExchange('b0', completion('H'), { window: 'baseline', end: 'cut' }), refused] }), /not healthy/, false],
    ['a baseline that the target answered itself', disturbed([passing], { exchanges: [jsonExchange('b1', completion('b1 Hello.'), { window: 'baseline' }), refused] }), /not healthy/, false],
    ['a baseline with the answer of another request', disturbed([passing], { exchanges: [jsonExchange('b0', completion('b7 Hello.'), { window: 'baseline' }), refused] }), /not healthy/, false],
    ['a baseline that fell ill at last', disturbed([passing], { exchanges: [baseline, noAnswer('b1', 'refused', { window: 'baseline' }), refused] }), /not healthy/, true],
    ['the scenario did not reach its end', disturbed([passing], { diary: [inject, { kind: 'window', window: 'recovery' }] }), /^the scenario did not run to its end$/, true],
    ['a fault that was not healed', disturbed([passing], { diary: [inject, { kind: 'heal', fault: 'status', ok: false, detail: 'ECONNREFUSED' }, end] }), /^a fault was not healed: status: ECONNREFUSED$/, true],
    ['a wait that expired', disturbed([passing], { diary: [inject, { kind: 'wait-expired', wait: 'upstream asked', ms: 3000 }, end] }), /^the harness waited 3000 ms in vain for upstream asked$/, false],
    ['the language model went away', disturbed([passing], { attempts: [emitted, attempt('f0', { attempt: 2, faults: ['model-lost'] })] }), /^the language model went away/, true],
    ['no request at all', plain([passing], { exchanges: [] }), /^no evidence$/, false],
    ['no request at all in a fault', disturbed([passing], { exchanges: [baseline], attempts: [] }), /^no evidence$/, false],
    ['nothing at all', disturbed([passing], { exchanges: [], attempts: [], diary: [] }), /./, true],
    ['no checks', plain([]), /^no check$/, false],
    ['a check that saw nothing beside one that passed', plain([passing, blind]), /^no evidence$/, false],
    ['a check that does not exist', plain([{ check: 'all-is-well', params: {} }]), /^no check is called "all-is-well"$/, false],
    ['parameters that a check does not know', plain([{ check: 'status-is', params: { any: 503 } }]), /^the check itself failed/, false],
    ['a check that throws', plain([{ check: 'attempts', params: { max: { claim: 'no.such' } } }]), /^the check itself failed: TypeError: No claim is called "no\.such"/, false],
  ]
  test.each(rows)('%s', (_, found, reason, again) => {
    expect(verdictOf(found)).toEqual({ verdict: 'unknown', reason: expect.stringMatching(reason), again })
  })

  test('a heal that worked, a control row that was right and an earlier sick baseline take nothing away', () => {
    const found = disturbed([passing], {
      exchanges: [jsonExchange('b9', '', { window: 'baseline', status: 503 }), baseline, refused],
      diary: [{ kind: 'control-row', script: 's', nonce: 'c0', deviation: null }, inject, { kind: 'heal', fault: 'status', ok: true, detail: '' }, end],
    })
    expect(verdictOf(found)).toMatchObject({ verdict: 'pass' })
  })

  test('a fault that no script carries is proved by its injection alone', () => {
    const faults = [{ fault: { kind: 'down', lane: 'primary' } }] as const
    const down = (detail: string) => disturbed([passing], { attempts: [], diary: [{ kind: 'inject', fault: 'down', detail }, end], scenario: { faults: [...faults] } })
    expect(verdictOf(down('connections are refused (primary)'))).toMatchObject({ verdict: 'pass' })
    expect(verdictOf(down('connections are refused (secondary)'))).toMatchObject({ verdict: 'unknown', again: true })
  })
})

describe('a failure', () => {
  test('stays one when only the fault was not seen, or a wait expired: it happened all the same', () => {
    expect(verdictOf(disturbed([failing], { attempts: [] }))).toMatchObject({ verdict: 'fail' })
    expect(verdictOf(disturbed([failing], { diary: [inject, { kind: 'wait-expired', wait: 'w', ms: 1 }, end] }))).toMatchObject({ verdict: 'fail' })
    expect(verdictOf(disturbed([passing, failing], { attempts: [] }))).toMatchObject({ verdict: 'fail' })
  })

  test('is unknown where the evidence itself is unsound', () => {
    expect(verdictOf(disturbed([failing], { diary: [inject] }))).toMatchObject({ verdict: 'unknown', again: true })
    expect(verdictOf(disturbed([failing], { exchanges: [refused] }))).toMatchObject({ verdict: 'unknown', again: true })
    expect(verdictOf(disturbed([failing], { diary: [inject, { kind: 'heal', fault: 'f', ok: false, detail: '' }, end] }))).toMatchObject({ verdict: 'unknown', again: true })
  })
})

describe('lag of the harness', () => {
  const lag = (ms: number, checks: CheckData[], changes: EvidenceInput = {}) => verdictOf(plain(checks, { ...changes, diary: [{ kind: 'lag', ms: 3 }, { kind: 'lag', ms }, end] }))

  test('over 50 ms makes what is timed unknown, pass and failure alike', () => {
    expect(timing.maxLagMs).toBe(50)
    expect(lag(50.4, [timed])).toEqual({ verdict: 'unknown', reason: 'harness lag 50 ms', again: true })
    expect(lag(81, [timedFailing])).toEqual({ verdict: 'unknown', reason: 'harness lag 81 ms', again: true })
    expect(lag(50, [timed])).toMatchObject({ verdict: 'pass' })
    expect(lag(50, [timedFailing])).toMatchObject({ verdict: 'fail' })
  })

  test('leaves alone what is not timed', () => {
    expect(lag(9000, [passing])).toMatchObject({ verdict: 'pass' })
    expect(lag(9000, [failing, timed])).toMatchObject({ verdict: 'fail', again: false })
  })

  test('counts for everything in a heavy scenario, once the target\'s own limits may have run out', () => {
    const claims = { timeouts: { connectMs: 500, firstByteMs: 800, idleMs: 600, totalMs: 5000 } }
    expect(lag(301, [passing], { claims, scenario: { exclusive: true } })).toMatchObject({ verdict: 'unknown', again: true })
    expect(lag(299, [passing], { claims, scenario: { exclusive: true } })).toMatchObject({ verdict: 'pass' })
  })
})

describe('levels', () => {
  const rows: [level: Level, strict: boolean, verdict: Verdict][] = [
    ['MUST', false, 'fail'], ['MUST', true, 'fail'], ['SHOULD', false, 'warn'], ['SHOULD', true, 'fail'], ['MAY', false, 'fail'], ['MAY', true, 'fail'], ['OBSERVE', false, 'pass'], ['OBSERVE', true, 'pass'],
  ]
  test.each(rows)('a failed %s, strict %s, is a %s', (level, strict, verdict) => {
    expect(verdictOf(plain([failing], { requirement: { level } }), strict).verdict).toBe(verdict)
  })

  test.each(rows)('a passed %s, strict %s, passes, and nothing seen stays unknown', (level, strict) => {
    expect(verdictOf(plain([passing], { requirement: { level } }), strict).verdict).toBe('pass')
    expect(verdictOf(plain([blind], { requirement: { level } }), strict).verdict).toBe('unknown')
  })
})

test('the worst verdict wins: fail, unknown, warn, pass', () => {
  const should = { requirement: { level: 'SHOULD' } } as const
  expect(verdictOf(plain([passing, failing], should)).verdict).toBe('warn')
  expect(verdictOf(plain([passing, failing, blind], should)).verdict).toBe('unknown')
  expect(verdictOf(plain([blind, failing, passing]))).toEqual({ verdict: 'fail', reason: undefined, again: false })
})

import { expect, test } from 'vitest'
import { Breaker, createBreaker, settle } from './breaker.ts'
import type { Permit } from './breaker.ts'
import { parseConfig } from '../config.ts'
import type { ConfigInput } from '../config.ts'
import { GatewayError, UpstreamError } from '../errors.ts'

function admitted(breaker: Breaker): Permit {
  const admission = breaker.admit()
  if ('shed' in admission) throw new Error('shed')
  return admission.permit
}

const fail = (breaker: Breaker): void => admitted(breaker).fail()

function make(failures = 3, successes = 1) {
  let time = 0
  const moves: string[] = []
  const breaker = new Breaker({ policy: 'consecutive', failures, cooldownMs: 1_000, successes, now: () => time, onTransition: (from, to) => moves.push(`${from}>${to}`) })
  return {
    breaker,
    moves,
    pass: (ms: number) => (time += ms),
    permit(): Permit {
      const admission = breaker.admit()
      if ('shed' in admission) throw new Error('shed')
      return admission.permit
    },
    shed: () => 'shed' in breaker.admit(),
    trip() {
      for (let n = 0; n < failures; n++) this.permit().fail()
    },
  }
}

test('opens after consecutive failures only', () => {
  const t = make(3)
  t.permit().fail()
  t.permit().fail()
  t.permit().succeed()
  t.permit().fail()
  t.permit().fail()
  expect(t.breaker.state).toBe('closed')
  t.permit().fail()
  expect(t.breaker.state).toBe('open')
})

test('an open circuit sheds and tells the cool-down that remains', () => {
  const t = make()
  t.trip()
  t.pass(400)
  expect(t.breaker.admit()).toEqual({ shed: true, remainingMs: 600 })
})

test('half-open admits one probe and sheds the rest; success closes', () => {
  const t = make()
  t.trip()
  t.pass(1_000)
  const probe = t.permit()
  expect(Array.from({ length: 50 }, t.shed).every(Boolean)).toBe(true)
  probe.succeed()
  expect(t.shed()).toBe(false)
  expect(t.moves).toEqual(['closed>open', 'open>half-open', 'half-open>closed'])
})

test('a failed probe opens for another whole cool-down', () => {
  const t = make()
  t.trip()
  t.pass(1_000)
  t.permit().fail()
  expect(t.breaker.admit()).toEqual({ shed: true, remainingMs: 1_000 })
})

test('a probe without a verdict frees its slot for the next caller', () => {
  const t = make()
  t.trip()
  t.pass(1_000)
  t.permit().release()
  expect(t.breaker.state).toBe('half-open')
  t.permit().succeed()
  expect(t.breaker.state).toBe('closed')
})

test('a failure from before the opening does not touch a recovered circuit', () => {
  const t = make(1)
  const slow = t.permit()
  t.permit().fail()
  slow.fail()
  t.pass(1_000)
  t.permit().succeed()
  const late = t.permit()
  expect(t.breaker.state).toBe('closed')
  slow.fail()
  late.succeed()
  expect(t.breaker.state).toBe('closed')
})

test('a streaming probe closes at its first event, and one failure opens again until there was a success', () => {
  const t = make(3)
  t.trip()
  t.pass(1_000)
  const probe = t.permit()
  probe.begun()
  expect(t.breaker.state).toBe('closed')
  probe.fail()
  expect(t.breaker.state).toBe('open')

  t.pass(1_000)
  const second = t.permit()
  second.begun()
  t.permit().succeed()
  second.fail()
  expect(t.breaker.state).toBe('closed')
})

test('with more successes asked for, that many probes have to go well, one at a time', () => {
  const t = make(3, 2)
  t.trip()
  t.pass(1_000)
  const first = t.permit()
  expect(t.shed()).toBe(true)
  first.begun()
  expect(t.breaker.state).toBe('half-open')
  first.succeed()
  expect(t.breaker.state).toBe('half-open')
  t.permit().succeed()
  expect(t.breaker.state).toBe('closed')

  t.trip()
  t.pass(1_000)
  t.permit().succeed()
  t.permit().fail()
  expect(t.breaker.state).toBe('open')
})

test('by share of failures: opens above the percentage, but not on too few calls', () => {
  const breaker = new Breaker({ policy: 'rolling', percent: 50, windowMs: 60_000, minimumCalls: 10, cooldownMs: 15_000, successes: 1 })
  const call = (outcome: 'succeed' | 'fail'): void => {
    const admission = breaker.admit()
    if ('shed' in admission) throw new Error('shed')
    admission.permit[outcome]()
  }
  for (let n = 0; n < 9; n++) call('fail')
  expect(breaker.state).toBe('closed')
  for (let n = 0; n < 9; n++) call('succeed')
  call('succeed')
  call('fail')
  expect(breaker.state).toBe('closed')
  call('fail')
  expect(breaker.state).toBe('open')
})

test('only the upstream\'s own faults count', () => {
  const outcomes: string[] = []
  const permit: Permit = { begun() {}, succeed: () => outcomes.push('succeed'), fail: () => outcomes.push('fail'), release: () => outcomes.push('release') }
  const status = (code: number) => new UpstreamError('status', 'GW_ERR_UPSTREAM_ERROR', { status: code })
  settle(permit)
  for (const error of [status(400), status(429), new UpstreamError('auth', 'GW_ERR_UPSTREAM_AUTH'), new GatewayError('GW_ERR_CALLER_GONE'), new GatewayError('GW_ERR_TOTAL_TIMEOUT')]) settle(permit, error)
  for (const error of [status(500), new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT'), new UpstreamError('timeout', 'GW_ERR_UPSTREAM_TIMEOUT'), new UpstreamError('unreachable', 'GW_ERR_UPSTREAM_UNREACHABLE')]) settle(permit, error)
  expect(outcomes).toEqual(['succeed', ...Array(5).fill('release'), ...Array(4).fill('fail')])
})

test('switched off, it always admits', () => {
  const breaker = createBreaker(false, () => {})
  for (let n = 0; n < 20; n++) {
    const admission = breaker.admit()
    if ('shed' in admission) throw new Error('shed')
    admission.permit.fail()
  }
  expect(breaker.state).toBe('closed')
})

/** A breaker as a config makes it, under a clock of the test's. */
function configured(breaker: NonNullable<ConfigInput['breaker']>) {
  const parsed = parseConfig({ keys: [{ id: 'a', key: 'secret-key-1' }], upstreams: {}, models: {}, breaker }).breaker
  if (parsed === false) throw new Error('switched off')
  let time = 0
  const made = new Breaker({ ...parsed, now: () => time })
  return { state: () => made.state, pass: (ms: number) => (time += ms), call(outcome: 'succeed' | 'fail') {
    const admission = made.admit()
    if ('shed' in admission) return admission.remainingMs
    admission.permit[outcome]()
    return undefined
  } }
}

test.each([
  ['three failures in a row, again every 30 s', { failures: 3, cooldownMs: 30_000 }, 3, 30_000, 1],
  ['five failures in a row, again after 60 s, closed by two successes', { failures: 5, cooldownMs: 60_000, successes: 2 }, 5, 60_000, 2],
  ['nothing configured: five failures in a row, again after 60 s', {}, 5, 60_000, 1],
  ['more than 50 % of at least ten calls, again after 15 s', { policy: 'rolling' as const }, 10, 15_000, 1],
])('%s', (_name, config, failures, cooldownMs, successes) => {
  const t = configured(config)
  for (let n = 1; n < failures; n++) t.call('fail')
  expect(t.state()).toBe('closed')
  t.call('fail')
  expect(t.state()).toBe('open')
  t.pass(cooldownMs - 1)
  expect(t.call('succeed')).toBe(1)
  t.pass(1)
  t.call('fail')
  expect(t.call('succeed')).toBe(cooldownMs)
  t.pass(cooldownMs)
  for (let n = 1; n < successes; n++) t.call('succeed')
  expect(t.state()).toBe(successes > 1 ? 'half-open' : 'open')
  t.call('succeed')
  expect(t.state()).toBe('closed')
})

test('by share of failures, nothing else configured: half of the calls is not enough, and a minute counts', () => {
  const half = configured({ policy: 'rolling' })
  for (let n = 0; n < 10; n++) half.call(n % 2 === 0 ? 'succeed' : 'fail')
  expect(half.state()).toBe('closed')
  half.call('fail')
  expect(half.state()).toBe('open')

  // A twentieth of the window may be forgotten earlier.
  for (const [laterMs, state] of [[56_999, 'open'], [60_000, 'closed']] as const) {
    const t = configured({ policy: 'rolling' })
    for (let n = 0; n < 9; n++) t.call('fail')
    t.pass(laterMs)
    t.call('fail')
    expect([laterMs, t.state()]).toEqual([laterMs, state])
  }
})

test('waiting for an open circuit ends with the cool-down, or at once when that is too far', async () => {
  const breaker = new Breaker({ policy: 'consecutive', failures: 1, cooldownMs: 80, successes: 1 })
  const { signal } = new AbortController()
  expect(await breaker.whenAdmitting(1_000, signal)).toBe(true)
  fail(breaker)
  const started = performance.now()
  expect(await breaker.whenAdmitting(50, signal)).toBe(false)
  expect(performance.now() - started).toBeLessThan(20)
  expect(await breaker.whenAdmitting(1_000, signal)).toBe(true)
  expect(breaker.admit()).toHaveProperty('permit')
})

test.each(['succeed', 'release', 'begun'] as const)('waiting beside a probe ends when it has come to %s', async (outcome) => {
  const breaker = new Breaker({ policy: 'consecutive', failures: 1, cooldownMs: 1, successes: 2 })
  const { signal } = new AbortController()
  fail(breaker)
  await breaker.whenAdmitting(1_000, signal)
  const probe = admitted(breaker)
  let over = 0
  const waits = Promise.all(Array.from({ length: 20 }, async () => breaker.whenAdmitting(5_000, signal).then((free) => (over++, free))))
  await new Promise((resolve) => setImmediate(resolve))
  expect(over).toBe(0)
  probe[outcome]()
  expect(await waits).toEqual(Array(20).fill(true))
})

test('waiting beside a probe that fails goes on for the next cool-down, and ends with its own time or its signal', async () => {
  const breaker = new Breaker({ policy: 'consecutive', failures: 1, cooldownMs: 1, successes: 1 })
  fail(breaker)
  await breaker.whenAdmitting(1_000, new AbortController().signal)
  const probe = admitted(breaker)
  expect(await breaker.whenAdmitting(20.5, new AbortController().signal)).toBe(false)
  const gone = new AbortController()
  const left = breaker.whenAdmitting(5_000, gone.signal)
  gone.abort(new GatewayError('GW_ERR_CALLER_GONE'))
  await expect(left).rejects.toMatchObject({ id: 'GW_ERR_CALLER_GONE' })
  const patient = breaker.whenAdmitting(5_000, new AbortController().signal)
  probe.fail()
  expect(await patient).toBe(true)
})

test('by share of failures: what is older than the window no longer counts, however quiet it was since', () => {
  const t = configured({ policy: 'rolling', percent: 50, windowMs: 60_000, minimumCalls: 10, cooldownMs: 15_000 })
  for (let n = 0; n < 9; n++) t.call('fail')
  t.pass(61_000)
  t.call('fail')
  expect(t.state()).toBe('closed')
  for (let n = 0; n < 9; n++) t.call('fail')
  expect(t.state()).toBe('open')
})

import { expect, test } from 'vitest'
import { Breaker, createBreaker, settle } from './breaker.ts'
import type { Permit } from './breaker.ts'
import { GatewayError, UpstreamError } from './errors.ts'

function make(failures = 3) {
  let time = 0
  const moves: string[] = []
  const breaker = new Breaker({ failures, cooldownMs: 1_000, now: () => time, onTransition: (from, to) => moves.push(`${from}>${to}`) })
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

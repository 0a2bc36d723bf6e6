import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Claims } from '../../schemas/claims.ts'
import { FaultData } from '../scenario.ts'
import { STREAM_ENDS, VARIANCES } from '../upstream/script.ts'
import { upstreamBeforeHead } from './before-head.ts'
import { closeMidStream, cutMidStream, resetMidStream } from './cut.ts'
import { refuseConnections } from './down.ts'
import { faultEffect, faults } from './index.ts'
import { shapeStream } from './shape.ts'
import { upstreamStatus } from './status.ts'
import { onTheWire } from './toxic.ts'

const claims = Claims.parse({ timeouts: { connectMs: 1, firstByteMs: 800, idleMs: 900, totalMs: 5000 } })

test('the folder and the index hold the same kinds, each named after its file', () => {
  const files = readdirSync(import.meta.dirname).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && !['fault.ts', 'index.ts'].includes(f))
  expect(files.map((f) => f.slice(0, -3)).toSorted()).toEqual(Object.keys(faults).toSorted())
  for (const [name, fault] of Object.entries(faults)) expect(fault.kind).toBe(name)
})

const samples: FaultData[] = [
  upstreamBeforeHead({ how: 'hang' }), upstreamBeforeHead({ how: 'fin', times: 1 }), upstreamBeforeHead({ delayMs: 300 }), upstreamBeforeHead({ delayMs: { claim: 'timeouts.firstByteMs', times: 0.5, plus: 10 } }),
  ...STREAM_ENDS.map((how) => cutMidStream({ afterEvents: 3, how })), cutMidStream({ afterEvents: 0, how: 'fin', times: 2 }, 'secondary'), closeMidStream({ afterEvents: 1 }), resetMidStream({ afterEvents: 1 }),
  refuseConnections(), refuseConnections('redis'),
  ...VARIANCES.map((variance) => shapeStream({ variance })), shapeStream({ pauseMs: 5, firstWordMs: { claim: 'timeouts.idleMs', times: 0.5 }, lockstep: true, split: 'inside-characters', done: false }),
  shapeStream({ says: [' a', ' b'] }), shapeStream({ silence: { afterWords: 2, ms: { claim: 'timeouts.idleMs', times: 0.5 } } }),
  upstreamStatus({ status: 429, retryAfter: '1', times: 2 }), upstreamStatus({ status: 200, body: { text: '<p>', type: 'text/html' } }),
  onTheWire({ type: 'latency', attributes: { latency: { claim: 'rateLimit.lostWithinMs', plus: 1500 } } }, 'redis'), onTheWire({ type: 'latency', attributes: { latency: 100, jitter: 0 } }), onTheWire({ type: 'reset_peer', stream: 'upstream' }, 'client'),
]

describe.each(samples.map((data) => [faultEffect(data, claims).sentence, data] as const))('%s', (sentence, data) => {
  test('means the same after a round trip through JSON', () => {
    const again = FaultData.parse(JSON.parse(JSON.stringify(data)))
    expect(again).toEqual(data)
    expect(faultEffect(again, claims)).toEqual(faultEffect(data, claims))
    const { effect } = faultEffect(data, claims)
    expect(JSON.parse(JSON.stringify(effect))).toEqual(effect)
  })

  test('does something, and the sentence says on which lane', () => {
    const { effect } = faultEffect(data, claims)
    expect(Object.values(effect).filter((part) => part !== undefined)).not.toEqual([])
    expect(sentence).toMatch(/^\S.* \((primary|secondary|client|redis)\)$/)
    expect(sentence).not.toMatch(/undefined|\[object|NaN/)
  })

  test('a script carries the name by which its emission is proved', () => {
    const { attempts = [], rest } = faultEffect(data, claims).effect
    for (const script of [...attempts, ...(rest ? [rest] : [])]) expect(script.fault).toBe(data.kind)
  })
})

test('"all" is a word, because Infinity does not survive JSON: no fault has one anywhere', () => {
  const infinite = (value: unknown): boolean => value === Infinity || (typeof value === 'object' && value !== null && Object.values(value).some(infinite))
  expect(samples.filter((data) => infinite(data) || infinite(faultEffect(data, claims)))).toEqual([])
  expect(() => upstreamStatus({ status: 500, times: Infinity })).toThrow()
})

test('numbers follow the claims of the target', () => {
  expect(faultEffect(upstreamBeforeHead({ delayMs: { claim: 'timeouts.firstByteMs', times: 0.5, plus: 10 } }), claims)).toEqual({
    effect: { rest: { fault: 'before-head', beforeHead: { delayMs: 410 } } }, sentence: "upstream's head comes after 0.5 × the claimed timeouts.firstByteMs + 10 ms (primary)",
  })
  expect(faultEffect(onTheWire({ type: 'latency', attributes: { latency: { claim: 'timeouts.idleMs', times: 2, plus: 0.4 }, jitter: 0 } }, 'redis'), claims)).toEqual({
    effect: { toxics: [{ type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 1800, jitter: 0 } }] },
    sentence: 'Toxiproxy latency on the downstream bytes {"latency":"2 × the claimed timeouts.idleMs + 0.4 ms","jitter":0} (redis)',
  })
})

test('kinds and parameters that do not exist are refused', () => {
  expect(() => faultEffect({ kind: 'meteor', lane: 'primary' }, claims)).toThrow('No fault is called "meteor".')
  expect(() => faultEffect({ kind: 'status', lane: 'primary', status: 500, tiems: 3 }, claims)).toThrow(/tiems/)
  expect(() => cutMidStream({ afterEvents: -1, how: 'fin' })).toThrow()
  expect(() => onTheWire({ type: 'latency', attributes: { latency: Infinity } })).toThrow()
  expect(() => FaultData.parse({ kind: 'down', lane: 'tertiary' })).toThrow()
})

import { expect, test } from 'vitest'
import { Claims } from '../../schemas/claims.ts'
import { upstreamBeforeHead } from '../faults/before-head.ts'
import { resetMidStream } from '../faults/cut.ts'
import { refuseConnections } from '../faults/down.ts'
import { upstreamStatus } from '../faults/status.ts'
import { onTheWire } from '../faults/toxic.ts'
import type { FaultData } from '../scenario.ts'
import { arming, biting, isScripted, plannedFaults, plansFor } from './plan.ts'

const claims = Claims.parse({})
const plan = (...faults: (FaultData | { fault: FaultData; labels: string[] })[]) =>
  plannedFaults({ faults: faults.map((f) => ('fault' in f ? { ...(f as { fault: FaultData; labels: string[] }) } : { fault: f as FaultData })) }, claims)

test('a fault comes with its sentence, which names the lane', () => {
  expect(plan(upstreamStatus({ status: 429, retryAfter: '1', times: 2 }, 'secondary'))[0]?.sentence).toBe('upstream answers 429 with Retry-After: 1 2 time(s) (secondary)')
})

test('scripts, toxics that bite and toxics that only arm are told apart', () => {
  const [status, reset, wire, down] = plan(upstreamStatus({ status: 500 }), resetMidStream({ afterEvents: 3 }), onTheWire({ type: 'latency', attributes: { latency: 1 } }), refuseConnections())
  if (!status || !reset || !wire || !down) throw new Error('four faults were planned')
  expect([status, reset, wire, down].map(isScripted)).toEqual([true, true, false, false])
  expect([status, reset, wire, down].map((f) => [arming(f).length, biting(f).length])).toEqual([[0, 0], [1, 0], [0, 1], [0, 0]])
})

test('the plan of a request follows its label and keeps the lanes apart', () => {
  const faults = plan({ fault: upstreamStatus({ status: 503 }), labels: ['trip'] }, { fault: upstreamBeforeHead({ how: 'hang' }), labels: ['herd'] }, upstreamStatus({ status: 500 }, 'secondary'))
  expect(plansFor(faults, 'trip')).toEqual({ primary: { attempts: [], rest: { fault: 'status', status: 503 } }, secondary: { attempts: [], rest: { fault: 'status', status: 500 } } })
  expect(plansFor(faults, 'herd').primary).toEqual({ attempts: [], rest: { fault: 'before-head', beforeHead: { how: 'hang' } } })
  expect(plansFor(faults, 'other')).toEqual({ secondary: { attempts: [], rest: { fault: 'status', status: 500 } } })
})

test('the first fault that names a lane decides it; toxics and edges decide none', () => {
  expect(plansFor(plan(upstreamStatus({ status: 500, times: 1 }), upstreamStatus({ status: 503 })), 'x')).toEqual({ primary: { attempts: [{ fault: 'status', status: 500 }], rest: {} } })
  expect(plansFor(plan(refuseConnections(), onTheWire({ type: 'timeout' })), 'x')).toEqual({})
})

test('after so many attempts the upstream answers plainly', () => {
  const { primary } = plansFor(plan(upstreamStatus({ status: 500, times: 2 })), 'x')
  expect(primary?.attempts).toHaveLength(2)
  expect(primary?.rest).toEqual({})
})

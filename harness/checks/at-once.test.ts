import { attempt, evidence } from '../evidence/fixture.ts'
import { atOnceCheck } from './at-once.ts'
import { examples } from './testing/examples.ts'
import { jsonExchange } from '../evidence/fixture.ts'

type Span = [from: number, to: number | null]
const spans = (...all: Span[]) => {
  const nonces = all.map((_, i) => `n${i}`)
  return evidence({
    exchanges: nonces.map((n) => jsonExchange(n, {})),
    attempts: all.map(([t, to], i) => attempt(nonces[i] ?? null, { t, ...(to === null ? { end: null } : { endAt: to }) })),
    claims: { queue: { concurrency: 3, waiting: 1 } },
  })
}

examples(atOnceCheck, {
  params: { most: 2 },
  passes: {
    'one after the other': spans([1, 5], [5, 9], [9, 12]),
    'two at a time, again and again': spans([1, 5], [1, 6], [5, 9], [6, 12]),
    'as many as the claim says': { evidence: spans([1, 5], [1, 6], [2, 9]), params: { most: { claim: 'queue.concurrency' } } },
    'calls of before the fault': { ...spans([1, 5]), attempts: [...spans([1, 5], [2, 6]).attempts, attempt('baseline', { t: 1, endAt: 9 }), attempt('recovery', { t: 1, endAt: 9 })] },
  },
  fails: {
    'three at a time': [spans([1, 5], [2, 6], [3, 7]), '3 at a time', ['n0', 'n1', 'n2']],
    'three for a moment': [spans([1, 50], [2, 60], [49, 70]), '3 at a time'],
    'calls that never ended': [spans([1, null], [2, null], [900, 901]), '3 at a time'],
    'calls that carry no nonce': [{ ...spans([1, 9]), attempts: [...spans([1, 9]).attempts, attempt(null, { t: 2, endAt: 9, id: 'x' }), attempt(null, { t: 2, endAt: 9, id: 'y' })] }, '3 at a time'],
  },
})

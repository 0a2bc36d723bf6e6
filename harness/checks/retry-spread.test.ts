import { attempt, evidence, jsonExchange } from '../evidence/fixture.ts'
import { retrySpreadCheck } from './retry-spread.ts'
import { examples } from './testing/examples.ts'

/** Callers whose first retry comes so long after the first attempt ended. */
const waits = (count: number, ms: (i: number) => number) => {
  const nonces = Array.from({ length: count }, (_, i) => `a${i}`)
  return evidence({ exchanges: nonces.map((n) => jsonExchange(n, {})), attempts: nonces.flatMap((n, i) => [attempt(n, { t: 0, endAt: 10 }), attempt(n, { attempt: 2, t: 10 + ms(i) })]) })
}

examples(retrySpreadCheck, {
  params: {},
  passes: {
    'waits drawn from 0 to 100 ms': waits(50, (i) => i * 2),
    'waits drawn from 75 to 100 ms': waits(50, (i) => 75 + i / 2),
  },
  fails: {
    'the same wait for all': [waits(50, () => 50), '50 waits, median 50 ms, spread 0.00'],
    'only the scheduling differs': [waits(50, (i) => 100 + (i % 5)), /spread 0\.04$/],
    'a busy machine, on which a third comes late': [waits(51, (i) => 100 + (i % 3 === 0 ? i * 3 : i % 4)), /spread 0\.0\d$/],
    'one that is far off': [waits(50, (i) => (i === 0 ? 900 : 50)), /spread 0\.00$/],
  },
  unknown: { 'too few retries to compare': [waits(19, (i) => i * 10), 'fewer than 20 retries to compare'] },
})

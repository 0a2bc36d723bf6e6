import { expect, test } from 'vitest'
import { Claims } from '../schemas/claims.ts'
import { resolveAmount } from './scenario.ts'

const claims = (rateLimit: object) => Claims.parse({ rateLimit: { burst: 6, perSecond: 4, backWithinMs: 1000, ...rateLimit } })
const limit = (rateLimit: object) => ['burst', 'perSecond', 'tokenMs', 'refillMs', 'backMs', 'apart'].map((name) => resolveAmount({ claim: `limit.${name}` }, claims(rateLimit)))

test('a rate limit in the times that scenarios wait for', () => {
  expect(limit({})).toEqual([6, 4, 250, 1500, 1500, 6])
  expect(limit({ perSecond: 60 / 3600 }).slice(3)).toEqual([360_000, 360_000, 6])
  expect(limit({ backWithinMs: 4000 })).toEqual([6, 4, 250, 1500, 4000, 6])
})

test('replicas let in a burst each, unless they share the count', () => {
  expect(limit({ counters: 3 })).toEqual([18, 12, 1000 / 12, 1500, 1500, 18])
  expect(limit({ counters: 3, shared: true })).toEqual([6, 4, 250, 1500, 1500, 18])
})

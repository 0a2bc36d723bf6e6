import { expect, test } from 'vitest'
import { codeOf, good, LIMITED_KEY, Rig, type Reply } from './fixture.ts'

const limited = { headers: { authorization: `Bearer ${LIMITED_KEY}` } }
const told = ({ status, headers }: Reply): unknown[] => [status, ...['limit', 'remaining', 'reset'].map((field) => headers[`x-ratelimit-${field}`]), headers['retry-after']]

test('the limited key gets a burst, is told about it, and gets more when it comes back; others are not limited', async () => {
  await using rig = await Rig.start(good, { timing: { limitBurst: 2, limitPerSecond: 2 } })
  expect([told(await rig.chat({}, limited)), told(await rig.chat({}, limited)), told(await rig.chat({}, limited))]).toEqual([
    [200, '2', '1', '1', undefined], [200, '2', '0', '1', undefined], [429, '2', '0', '1', '1'],
  ])
  expect([codeOf((await rig.stream({}, limited)).text), rig.seen.length]).toEqual(['rate_limit_exceeded', 2])
  expect(told(await rig.chat())).toEqual([200, undefined, undefined, undefined, undefined])
  expect((await rig.send('/v1/models', undefined, limited)).status).toBe(200)
  await rig.until(() => false, 510)
  expect([(await rig.chat({}, limited)).status, (await rig.chat({}, limited)).status]).toEqual([200, 429])
})

test.each(['absent', 'silent'])('a Redis that is %s costs no more than a moment, and this process counts', async (redis) => {
  await using rig = await Rig.start(good, { redis, timing: { limitBurst: 1, limitPerSecond: 0.01, limitRedisMs: 30 } })
  const started = performance.now()
  expect([(await rig.chat({}, limited)).status, (await rig.chat({}, limited)).status]).toEqual([200, 429])
  expect(performance.now() - started).toBeLessThan(500)
})

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { connectRedis, redisConfig, StoreLost } from './redis.ts'
import { redisMissing, startRedis } from './test-redis.ts'

const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const log = { info() {}, warn() {} } as unknown as Parameters<typeof connectRedis>[1]

async function connected(url: string, config: { readonly commandMs?: number } = {}) {
  const store = connectRedis(redisConfig.parse({ url, ...config }), log)
  await once(store.client, 'ready')
  return { store, [Symbol.dispose]: () => store.close() }
}

// Timers run before replies are read: one timer would be due first, and under load every replica would believe Redis lost.
test.skipIf(redisMissing !== undefined)(`a stall of this process is not taken for a slow Redis${why}`, async () => {
  await using redis = await startRedis()
  using one = await connected(redis.url)
  const asked = one.store.run(async (client) => client.echo('here'))
  // Behind the write, which the same turn of the loop does.
  setImmediate(() => {
    const until = performance.now() + 4 * one.store.config.commandMs
    while (performance.now() < until);
  })
  expect(await asked).toBe('here')
})

test.skipIf(redisMissing !== undefined)(`a Redis that falls silent is lost after commandMs, and then at once${why}`, async () => {
  await using redis = await startRedis()
  using one = await connected(redis.url)
  redis.signal('SIGSTOP')
  const started = performance.now()
  await expect(one.store.run(async (client) => client.echo('here'))).rejects.toThrow(StoreLost)
  expect(performance.now() - started).toBeGreaterThanOrEqual(one.store.config.commandMs - 1)
  const again = performance.now()
  await expect(one.store.run(async (client) => client.echo('here'))).rejects.toThrow('redis is down')
  expect(performance.now() - again).toBeLessThan(one.store.config.commandMs)
})

test.skipIf(redisMissing !== undefined)(`a probe that has no more time does not take the connection from requests that have${why}`, async () => {
  await using redis = await startRedis()
  using one = await connected(redis.url, { commandMs: 1_000 })
  await redis.client.call('client', 'pause', 300, 'all')
  const asked = one.store.run(async (client) => client.echo('here'))
  expect(await one.store.ping(), 'the probe answers in time').toBe(false)
  expect(await asked).toBe('here')
  expect(await one.store.ping()).toBe(true)
})

test.skipIf(redisMissing !== undefined)(`a silent Redis is lost also where requests wait for it as long as they may${why}`, async () => {
  await using redis = await startRedis()
  using one = await connected(redis.url, { commandMs: 1_000 })
  redis.signal('SIGSTOP')
  await expect(one.store.run(async (client) => client.echo('here'))).rejects.toThrow('redis did not answer within 1000 ms')
  await expect(one.store.run(async (client) => client.echo('here'))).rejects.toThrow('redis is down')
})

test.skipIf(redisMissing !== undefined)(`after a failover the connection to the server that takes no writes any more is given up${why}`, async () => {
  await using before = await startRedis()
  await using after = await startRedis()
  let port = before.port
  await using name = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) socket.on('error', () => {})
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(name, 'listening')
  using one = await connected(`redis://127.0.0.1:${(name.address() as AddressInfo).port}`, { commandMs: 1_000 })
  const write = async (): Promise<unknown> => one.store.run(async (client) => client.set('written', 'yes'))
  expect(await write()).toBe('OK')
  await before.client.call('replicaof', '127.0.0.1', '1')
  port = after.port
  await expect(write()).rejects.toThrow(StoreLost)
  await once(one.store.client, 'ready')
  expect(await write()).toBe('OK')
  expect(await after.client.get('written')).toBe('yes')
})

test.skipIf(redisMissing !== undefined)(`a Redis that falls silent while nobody but a probe asks is lost, too${why}`, async () => {
  await using redis = await startRedis()
  using one = await connected(redis.url)
  const closed = once(one.store.client, 'close')
  redis.signal('SIGSTOP')
  expect(await one.store.ping()).toBe(false)
  await closed
})

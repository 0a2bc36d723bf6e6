import { hash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerJson, callerKey, completion, errorOf, fakeUpstream, open, read, startGateway, testConfig } from '../test-support.ts'
import type { Overrides } from '../test-support.ts'
import { admin, adminKey, adminSettings, listed, statusOf, told, traffic, until } from './test-admin.ts'

// A change takes its second, so tests wait side by side; those that measure or flood have the event loop for themselves.
const alone = { timeout: 20_000, skip: redisMissing !== undefined }
const patient = { ...alone, concurrent: true }
// All tests and replicas share one event loop; the default of 75 ms would lose a healthy Redis.
const commandMs = 1_000
const title = (text: string): string => (redisMissing === undefined ? text : `${text} (${redisMissing})`)

async function start(overrides: Overrides = {}, replicas = 2) {
  await using failed = new AsyncDisposableStack()
  const redis = failed.use(await startRedis())
  const up = failed.use(await fakeUpstream((response) => answerJson(response, completion('hi'))))
  let stack = failed
  const replica = async (more: Overrides = {}) => stack.use(await startGateway(testConfig([up.baseURL], { admin: adminSettings, redis: { url: redis.url, commandMs }, ...overrides, ...more })))
  const urls: string[] = []
  for (let nth = 0; nth < replicas; nth++) urls.push((await replica()).url)
  const [a = '', b = ''] = urls
  stack = failed.move()
  return { redis, replica, a, b, restart: async () => stack.use(await startRedis(redis.port)), [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

/** A way to Redis that can hold back writes, so that of two changes at a time each step has its turn. */
async function slowWay(port: number) {
  const holding = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const sockets: Socket[] = []
  let held = false
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near, far)
    for (const socket of [near, far]) socket.on('error', () => {})
    far.pipe(near)
    let before = Promise.resolve()
    near.on('data', (bytes) => {
      if (held && /eval/i.test(bytes.toString('latin1'))) {
        holding.resolve()
        before = go.promise
      }
      // What comes after a held write waits as well: replies are matched by order.
      before = before.then(() => void far.write(bytes))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holdWrites(): void {
      held = true
    },
    holding: holding.promise,
    letGo(): void {
      held = false
      go.resolve()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function ready(url: string) {
  const reply = await read(await open(`${url}/health/ready`, undefined).response)
  return { status: reply.status, body: JSON.parse(reply.text) as unknown }
}

test(title('a new key is good on every replica when it is told, a revoked one on none within a second'), alone, async () => {
  await using t = await start()
  const { key } = await told(t.a, '', { id: 'team', tenant: 'acme' })
  expect([await statusOf(t.b, key), await statusOf(t.a, key)]).toEqual([200, 200])
  expect(await listed(t.b)).toEqual(await listed(t.a))
  const asked = performance.now()
  expect(await admin(t.a, 'DELETE', '/team')).toMatchObject({ status: 200 })
  expect(await statusOf(t.a, key)).toBe(401)
  await until(t.b, key, 401)
  const took = performance.now() - asked
  process.stdout.write(`revoked on one replica, refused on the other after ${took.toFixed(1)} ms\n`)
  expect(took).toBeLessThan(1_000)
})

test(title('a change whose message is lost is seen within a second all the same'), alone, async () => {
  await using t = await start()
  // Gives the record its first change, so that there is one to write over.
  await told(t.a, '/caller/rotate')
  const record = JSON.parse((await t.redis.client.hget('gateway:keys', 'caller')) ?? '') as Record<string, unknown>
  expect(await statusOf(t.b, callerKey)).toBe(200)
  const asked = performance.now()
  await t.redis.client.hset('gateway:keys', 'caller', JSON.stringify({ ...record, revision: 2, retiring: [], revokedAt: Date.now() }))
  await t.redis.client.set('gateway:keys:version', randomUUID())
  await Promise.all([until(t.a, callerKey, 401), until(t.b, callerKey, 401)])
  const took = performance.now() - asked
  process.stdout.write(`revoked without a message, refused on both replicas after ${took.toFixed(1)} ms\n`)
  expect(took).toBeLessThan(1_000)
})

test(title('a message is enough, without waiting for the next look into the store'), patient, async () => {
  await using t = await start()
  const revoked = { id: 'caller', tenant: 'caller', source: 'config', revision: 1, createdAt: null, sha256: hash('sha256', callerKey), retiring: [], revokedAt: Date.now() }
  for (const noise of ['', '{', '["a"]', '["a","b","c"]']) await t.redis.client.publish('gateway:keys:changed', noise)
  expect(await t.redis.client.publish('gateway:keys:changed', JSON.stringify(['', 'told only', JSON.stringify(revoked)]))).toBe(2)
  await Promise.all([until(t.a, callerKey, 401), until(t.b, callerKey, 401)])
})

test(title('no request fails on any replica during a rotation'), alone, async () => {
  await using t = await start()
  const old = [traffic(t.a, callerKey), traffic(t.b, callerKey)]
  await Promise.all(old.map(async (one) => one.more(5)))
  const { key } = await told(t.a, '/caller/rotate', { overlapSeconds: 60 })
  const fresh = [traffic(t.a, key), traffic(t.b, key)]
  await Promise.all([...old, ...fresh].map(async (one) => one.more(20)))
  const statuses = (await Promise.all([...old, ...fresh].map(async (one) => one.stop()))).flat()
  expect(new Set(statuses)).toEqual(new Set([200]))
})

test(title('the overlap begins when the new key is told'), patient, async () => {
  await using t = await start({}, 1)
  const { key, retiring } = await told(t.a, '/caller/rotate', { overlapSeconds: 1 })
  expect(Date.parse(retiring[0]?.expiresAt ?? '') - Date.now()).toBeGreaterThan(800)
  expect([await statusOf(t.a, key), await statusOf(t.a, callerKey)]).toEqual([200, 200])
})

test(title('a rotation that has read the key before it was revoked, and writes after, does not bring it back'), patient, async () => {
  await using t = await start({}, 0)
  await using slow = await slowWay(t.redis.port)
  const [a, b] = [await t.replica({ redis: { url: slow.url, commandMs } }), await t.replica()]
  slow.holdWrites()
  const rotation = admin(a.url, 'POST', '/caller/rotate')
  await slow.holding
  expect(await admin(b.url, 'DELETE', '/caller')).toMatchObject({ status: 200 })
  slow.letGo()
  expect(errorOf((await rotation).text).code).toBe('key_conflict')
  await until(a.url, callerKey, 401)
  expect(JSON.parse((await t.redis.client.hget('gateway:keys', 'caller')) ?? '')).toMatchObject({ revision: 1, revokedAt: expect.any(Number) })
})

test(title('a revocation that has read the key before it was rotated ends the new key as well'), patient, async () => {
  await using t = await start({}, 0)
  await using slow = await slowWay(t.redis.port)
  const [a, b] = [await t.replica({ redis: { url: slow.url, commandMs } }), await t.replica()]
  slow.holdWrites()
  const revocation = admin(a.url, 'DELETE', '/caller')
  await slow.holding
  const rotation = told(b.url, '/caller/rotate')
  while ((await t.redis.client.hlen('gateway:keys')) === 0);
  slow.letGo()
  expect(await revocation).toMatchObject({ status: 200 })
  const { key } = await rotation
  expect([await statusOf(a.url, key), await statusOf(b.url, key), await statusOf(b.url, callerKey)]).toEqual([401, 401, 401])
  expect(JSON.parse((await t.redis.client.hget('gateway:keys', 'caller')) ?? '')).toMatchObject({ revision: 2, revokedAt: expect.any(Number) })
})

test(title('two rotations of one key at a time both count: every key that was told is good'), patient, async () => {
  await using t = await start()
  const made = await Promise.all([t.a, t.b, t.a, t.b].map(async (url) => told(url, '/caller/rotate')))
  for (const key of [callerKey, ...made.map(({ key: one }) => one)]) expect([await statusOf(t.a, key), await statusOf(t.b, key)]).toEqual([200, 200])
  expect(JSON.parse((await t.redis.client.hget('gateway:keys', 'caller')) ?? '')).toMatchObject({ revision: 4 })
})

test(title('two creations of one id at a time: one key'), patient, async () => {
  await using t = await start()
  const replies = await Promise.all([t.a, t.b].map(async (url) => admin(url, 'POST', '', { id: 'twin' })))
  expect(replies.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([201, 409])
})

test(title('a replica that starts later knows everything with its first request, revoked keys of its config included'), patient, async () => {
  await using t = await start({ keys: [{ id: 'caller', key: callerKey }, { id: 'leaked', key: 'leaked-key' }] }, 1)
  const [{ key }] = await Promise.all([told(t.a, '', { id: 'team' }), admin(t.a, 'DELETE', '/leaked')])
  const later = await t.replica()
  expect(await statusOf(later.url, 'leaked-key')).toBe(401)
  expect(await statusOf(later.url, key)).toBe(200)
  const gone = await t.replica({ keys: [{ id: 'other', key: 'other-key' }] })
  expect(await statusOf(gone.url, callerKey)).toBe(401)
})

test(title('Redis holds hashes only'), patient, async () => {
  await using t = await start({}, 1)
  const { key } = await told(t.a, '', { id: 'team' })
  const kept = JSON.stringify([await t.redis.client.keys('*'), await t.redis.client.hgetall('gateway:keys')])
  expect(kept).toContain(hash('sha256', key))
  for (const secret of [key, callerKey, adminKey]) expect(kept).not.toContain(secret)
})

test(title('Redis lost: keys go on, changes are refused; Redis back and empty: it is told again what was revoked'), patient, async () => {
  await using t = await start({ keys: [{ id: 'caller', key: callerKey }, { id: 'leaked', key: 'leaked-key' }] })
  const [{ key }] = await Promise.all([told(t.a, '', { id: 'team' }), admin(t.a, 'DELETE', '/leaked')])
  await until(t.b, 'leaked-key', 401)
  await t.redis.stop()
  for (const url of [t.a, t.b]) {
    expect([await statusOf(url, key), await statusOf(url, callerKey), await statusOf(url, 'leaked-key')]).toEqual([200, 200, 401])
    for (const [method, path, body] of [['POST', '', { id: 'more' }], ['POST', '/team/rotate', {}], ['DELETE', '/team', undefined]] as const) {
      const refused = await admin(url, method, path, body)
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      expect(errorOf(refused.text).code).toBe('keys_unavailable')
    }
    expect(await statusOf(url, key)).toBe(200)
  }
  const empty = await t.restart()
  while ((await empty.client.hlen('gateway:keys')) < 2);
  const later = await t.replica()
  expect([await statusOf(later.url, key), await statusOf(later.url, callerKey), await statusOf(later.url, 'leaked-key')]).toEqual([200, 200, 401])
})

test(title('a replica that has lost Redis for too long takes no key, says so in readiness, and recovers'), patient, async () => {
  await using t = await start({ admin: { ...adminSettings, staleSeconds: 1 } }, 1)
  const other = await t.replica({ redis: { url: t.redis.url, commandMs, required: false } })
  expect(await ready(other.url)).toMatchObject({ status: 200 })
  await t.redis.stop()
  expect(await statusOf(other.url, callerKey)).toBe(200)
  await until(other.url, callerKey, 503)
  expect(await ready(other.url)).toMatchObject({ status: 503, body: { dependencies: { keys: { status: 'down', required: true } } } })
  expect(await admin(other.url, 'GET', '')).toMatchObject({ status: 503 })
  await t.restart()
  await until(other.url, callerKey, 200)
  expect(await ready(other.url)).toMatchObject({ status: 200 })
})

test(title('a start without Redis takes no key: nobody knows which are revoked'), patient, async () => {
  await using t = await start({}, 0)
  await t.redis.stop()
  const gw = await t.replica()
  const reply = await read(await open(`${gw.url}/v1/models`, undefined).response)
  expect(reply.status).toBe(503)
  expect(errorOf(reply.text)).toMatchObject({ code: 'keys_unavailable', message: 'Keys cannot be checked at the moment. Try again later.' })
  await t.restart()
  await until(gw.url, callerKey, 200)
})

test(title('without admin, Redis is not asked for keys, and its loss costs none'), patient, async () => {
  await using t = await start({ admin: false }, 1)
  expect(await statusOf(t.a, callerKey)).toBe(200)
  expect(await t.redis.client.pubsub('NUMSUB', 'gateway:keys:changed')).toEqual(['gateway:keys:changed', 0])
  await t.redis.stop()
  expect(await statusOf(t.a, callerKey)).toBe(200)
})

test(title('a record that nobody can read costs its key, not the others'), patient, async () => {
  await using t = await start({}, 0)
  await t.redis.client.hset('gateway:keys', { broken: '{"id":', odd: '{"id":"odd"}' })
  await t.redis.client.set('gateway:keys:version', 'x')
  const gw = await t.replica()
  expect(await statusOf(gw.url, callerKey)).toBe(200)
  expect((await listed(gw.url)).map(({ id }) => id)).toEqual(['caller'])
})

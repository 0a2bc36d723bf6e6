import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import type { ConfigInput } from '../config.ts'
import { StoreLost, connectRedis, redisConfig } from '../stores/redis.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerJson, chatBody, completion, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from '../test-support.ts'
import type { Reply } from '../test-support.ts'
import { tokenBucket } from './algorithms/token-bucket.ts'
import { FallbackLimitStore } from './limit-store-fallback.ts'
import { MemoryLimitStore } from './limit-store-memory.ts'
import { RedisLimitStore } from './limit-store-redis.ts'

const redisTest = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`

// More than the default: where tests share two cores with others, an honest Redis may take that long.
const commandMs = 250
const most = 20
const chat = { algorithm: 'token-bucket' as const, capacity: most, refillPerSecond: 0.001 }
const ids = Array.from({ length: 20 }, (_none, n) => `caller-${n}`)
const as = (id: string) => ({ headers: { 'x-api-key': `key-of-${id}` } })

type Rule = NonNullable<NonNullable<Exclude<ConfigInput['rateLimits'], false | undefined>['routes']>['chat']>

/** Two gateways that share a Redis, once both are connected to it. */
async function replicas(redis: NonNullable<ConfigInput['redis']>, rule: Rule) {
  const up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  const config = { ...testConfig([up.baseURL]), keys: ids.map((id) => ({ id, key: `key-of-${id}` })), redis: { commandMs, ...redis }, rateLimits: { routes: { chat: rule } } }
  const both = [await startGateway(config), await startGateway(config)]
  const connected = async (): Promise<void> => {
    for (const { url } of both) while ((await read(await open(`${url}/health/ready`, undefined).response)).status !== 200);
  }
  await connected()
  return {
    up,
    both,
    connected,
    /** That many requests at once, half of them at each gateway. */
    burst: async (id: string, count: number): Promise<Reply[]> => Promise.all(Array.from({ length: count }, async (_none, n) => post(both[n % 2]?.url ?? '', chatBody, as(id)))),
    /** Request after request from ten callers at a time, with how long each took; `at` runs when so many answers are there. */
    async flood(id: string, count: number, at: Readonly<Record<number, () => unknown>> = {}) {
      using stolen = watchStolen()
      const replies: (Reply & { readonly ms: number })[] = []
      let sent = 0
      await Promise.all(Array.from({ length: 10 }, async () => {
        while (sent < count) {
          const started = performance.now() - stolen.ms
          const reply = await post(both[sent++ % 2]?.url ?? '', chatBody, as(id))
          replies.push({ ...reply, ms: performance.now() - stolen.ms - started })
          await at[replies.length]?.()
        }
      }))
      return replies
    },
    async [Symbol.asyncDispose]() {
      for (const gw of both) await gw[Symbol.asyncDispose]()
      await up[Symbol.asyncDispose]()
    },
  }
}

/** For how long other programs had the processor while this one, callers, gateways and upstream in one, had work to do. */
function watchStolen() {
  const stolen = { ms: 0, [Symbol.dispose]: () => clearInterval(timer) }
  let last = performance.now()
  let used = process.cpuUsage()
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(used)
    stolen.ms += Math.max(0, performance.now() - last - 5 - (user + system) / 1000)
    last = performance.now()
    used = process.cpuUsage()
  }, 5)
  return stolen
}

const admitted = (replies: readonly Reply[]): number => replies.filter(({ status }) => status === 200).length

/** A wire to Redis that can become slow. */
async function slowWire(port: number) {
  const state = { delayMs: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from)
      from.on('error', () => {}).on('close', () => to.destroy())
      let due = 0
      from.on('data', (bytes: Buffer) => {
        // Never before what came first, also when the wire becomes fast again.
        due = Math.max(due, performance.now() + (from === far ? state.delayMs : 0))
        setTimeout(() => to.writable && to.write(bytes), Math.max(0, due - performance.now()))
      })
    }
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { state, url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, async [Symbol.asyncDispose]() {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  } }
}

redisTest.each<[string, Rule]>([
  ['token bucket', chat],
  ['sliding window', { algorithm: 'sliding-window', limit: most, windowMs: 600_000 }],
])(`%s: of ten times the limit at once, two replicas let in exactly the limit, 20 times of 20${why}`, async (_name, rule) => {
  await using redis = await startRedis()
  await using pair = await replicas({ url: redis.url, commandMs: 1_000 }, rule)
  for (const id of ids) {
    const replies = await pair.burst(id, most * 10)
    expect(admitted(replies), id).toBe(most)
    expect(replies.filter(({ status }) => status === 429), id).toHaveLength(most * 9)
    // Every place was given away once, whoever gave it away.
    const places = replies.filter(({ status }) => status === 200).map(({ headers }) => Number(headers['x-ratelimit-remaining'])).toSorted((a, b) => a - b)
    expect(places, id).toEqual(Array.from({ length: most }, (_none, n) => n))
  }
  expect(pair.up.seen).toHaveLength(most * ids.length)
})

redisTest(`leaky bucket: of ten times the limit at once, two replicas let in exactly the limit and block the caller, 20 times of 20${why}`, async () => {
  await using redis = await startRedis()
  await using pair = await replicas({ url: redis.url, commandMs: 1_000 }, { algorithm: 'leaky-bucket', perSecond: most, blockMs: 600_000 })
  const rounds: Promise<Reply[]>[] = []
  for (const id of ids) {
    // A place leaks every 50 ms; so that it is one moment also on a busy machine, Redis holds all scripts until every request has come.
    await redis.client.call('client', 'pause', 900, 'write')
    const arrived = Promise.all(pair.both.map(async ({ app }) => new Promise<void>((resolve) => {
      let count = 0
      app.server.on('request', function counted() {
        if (++count < most * 5) return
        app.server.off('request', counted)
        resolve()
      })
    })))
    // Not waited for: those let in are held back for up to a second, and meanwhile the next round may begin.
    rounds.push(pair.burst(id, most * 10))
    await arrived
    await redis.client.call('client', 'unpause')
  }
  for (const [round, replies] of rounds.entries()) expect(admitted(await replies), ids[round]).toBe(most)
  for (const id of ids) expect((await post(pair.both[0]?.url ?? '', chatBody, as(id))).status, `${id} is blocked`).toBe(429)
})

redisTest(`one script call for each request, also after SCRIPT FLUSH; keys expire and name no secret${why}`, async () => {
  await using redis = await startRedis()
  await using up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  const secret = 'a-secret-{key}'
  await using gw = await startGateway({ ...testConfig([up.baseURL]), keys: [{ id: 'a b\n{c}:*', key: secret }], redis: { url: redis.url, prefix: 'p:', commandMs: 1_000 }, rateLimits: { routes: { chat, models: { algorithm: 'sliding-window', limit: 9, windowMs: 5_000 }, embeddings: { algorithm: 'leaky-bucket' } } } })
  while ((await read(await open(`${gw.url}/health/ready`, undefined).response)).status !== 200);
  const calls = async (): Promise<Record<string, number>> => {
    const stats = await redis.client.info('commandstats')
    return Object.fromEntries([...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, count]) => [name ?? '', Number(count)]))
  }
  const key = { headers: { 'x-api-key': secret } }
  await redis.client.config('RESETSTAT')
  for (let n = 0; n < 10; n++) expect((await post(gw.url, chatBody, key)).status).toBe(200)
  const { eval: whole, evalsha, time, get, set, ...rest } = await calls()
  expect({ whole, evalsha, time, get, set }).toEqual({ whole: 1, evalsha: 9, time: 10, get: 10, set: 10 })
  expect(Object.keys(rest).filter((name) => !['config|resetstat', 'info', 'ping', 'command'].some((known) => known.startsWith(name))), 'nothing else is asked').toEqual([])

  await redis.client.script('FLUSH')
  const after = await Promise.all(Array.from({ length: 15 }, async () => post(gw.url, chatBody, key)))
  expect(admitted(after)).toBe(most - 10)
  expect(after.filter(({ status }) => status === 429)).toHaveLength(5)

  await read(await open(`${gw.url}/v1/models`, undefined, key).response)
  await read(await open(`${gw.url}/v1/embeddings`, { model: 'chat', input: 'hi' }, key).response)
  const id = 'a%20b%0A%7Bc%7D%3A*'
  const names = (await redis.client.keys('*')).toSorted()
  expect(names).toEqual([`p:limit:leaky-bucket:embeddings:${id}`, `p:limit:sliding-window:models:${id}`, `p:limit:token-bucket:chat:${id}`])
  const ttls = await Promise.all(names.map(async (name) => redis.client.pttl(name)))
  for (const [index, longest] of [1_050, 6_000, 20_001_000].entries()) {
    expect(ttls[index]).toBeGreaterThan(0)
    expect(ttls[index]).toBeLessThanOrEqual(longest)
  }
})

const losses = ['killed', 'paused', 'slow'] as const
const policies = ['open', 'closed', 'local'] as const

redisTest.each(losses.flatMap((loss) => policies.map((whenLost) => [loss, whenLost] as const)))(`Redis %s in the middle of a burst, whenLost %s: the policy holds, nobody waits, and back again the limit is shared${why}`, async (loss, whenLost) => {
  await using stack = new AsyncDisposableStack()
  let redis = stack.use(await startRedis())
  await using wire = await slowWire(redis.port)
  await using pair = await replicas({ url: loss === 'slow' ? wire.url : redis.url, whenLost, retryMs: 200 }, chat)
  const lose = { killed: async () => redis.stop(), paused: () => redis.signal('SIGSTOP'), slow: () => (wire.state.delayMs = 1_000) }[loss]
  const id = ids[0] ?? ''
  const replies = await pair.flood(id, 200, { 10: lose })
  expect(Math.max(...replies.map(({ ms }) => ms)), 'the longest wait').toBeLessThan(commandMs + 150)
  const shed = replies.filter(({ status }) => status === 503)
  switch (whenLost) {
    case 'open':
      expect(admitted(replies)).toBe(200)
      expect(replies.at(-1)?.headers['x-ratelimit-limit'], 'what is not known is not said').toBeUndefined()
      break
    case 'closed':
      expect(admitted(replies)).toBeLessThanOrEqual(most)
      expect(shed.length).toBeGreaterThan(150)
      for (const reply of shed) expect([errorOf(reply.text).code, reply.headers['retry-after']]).toEqual(['limits_unavailable', '1'])
      break
    case 'local':
      expect(admitted(replies), 'each replica by itself, what it let in before included').toBe(most * 2)
      expect(replies.filter(({ status }) => status === 429)).toHaveLength(200 - most * 2)
  }

  if (loss === 'killed') redis = stack.use(await startRedis(redis.port))
  redis.signal('SIGCONT')
  wire.state.delayMs = 0
  await pair.connected()
  expect(admitted(await pair.flood('caller-1', most * 5))).toBe(most)
})

redisTest(`a change of state is one line, not one for each request${why}`, async () => {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const lines: string[] = []
  const log = { warn: (fields: unknown, text?: string) => lines.push(`warn ${text ?? String(fields)}`), info: (text: string) => lines.push(`info ${text}`) } as unknown as Parameters<typeof connectRedis>[1]
  const redis = connectRedis(redisConfig.parse({ url: server.url, retryMs: 100 }), log)
  stack.defer(() => redis.close())
  const store = new FallbackLimitStore({ shared: new RedisLimitStore(redis), own: new MemoryLimitStore(), redis: redis.config, log })
  const ask = async (): Promise<unknown> => Promise.all(Array.from({ length: 50 }, async (_none, n) => store.take(tokenBucket(9, 1), `bucket-${n}`)))
  await new Promise((resolve) => redis.client.once('ready', resolve))
  for (let n = 0; n < 3; n++) await ask()
  await server.stop()
  for (let n = 0; n < 3; n++) await ask()
  stack.use(await startRedis(server.port))
  await new Promise((resolve) => redis.client.once('ready', resolve))
  for (let n = 0; n < 3; n++) await ask()
  // Which of the two is noticed first is a matter of chance.
  expect(lines.toSorted()).toEqual(['info rate limits are shared', 'info redis is up', 'info redis is up', 'warn rate limits are not shared: redis is lost', 'warn redis is down'])
})

test('an error that is not the loss of Redis is not taken for one', async () => {
  const log = { warn() {}, info() {} } as unknown as ConstructorParameters<typeof FallbackLimitStore>[0]['log']
  const failing = (error: Error) => new FallbackLimitStore({ shared: { take() { throw error } }, own: new MemoryLimitStore(), redis: { whenLost: 'open', retryMs: 1 }, log })
  await expect(failing(new TypeError('a bug')).take(tokenBucket(1, 1), 'a')).rejects.toThrow('a bug')
  await expect(failing(new StoreLost('lost')).take(tokenBucket(1, 1), 'a')).resolves.toBeUndefined()
})

import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { GatewayError } from '../errors.ts'
import { connectRedis, redisConfig } from '../stores/redis.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerStream, chatBody, chunk, errorOf, fakeUpstream, sse, startGateway } from '../test-support.ts'
import type { Handler } from '../test-support.ts'
import { define, JobStore } from './store.ts'
import type { Ticket } from './job.ts'
import { client, jobsConfig, ready, said, startPair } from './test-jobs.ts'

const it = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const first = sse(chunk({ role: 'assistant', content: 'hel' }))
const rest = sse(chunk({ content: 'lo' }), chunk({}, 'stop'), '[DONE]')
const hello: Handler = (response) => answerStream(response, first + rest).end()
const log = { info() {}, warn() {} } as unknown as Parameters<typeof connectRedis>[1]
const ticket: Ticket = { caller: { id: 'caller', tenant: 'caller' }, url: '/v1/chat/completions', raw: JSON.stringify(chatBody), created: 1, requestId: 'r1', headers: {} }

/** A store as a gateway has it, and a connection as its worker has it. */
async function startStore() {
  const server = await startRedis()
  const redis = connectRedis(redisConfig.parse({ url: server.url, commandMs: 500 }), log)
  await new Promise((resolve) => redis.client.once('ready', resolve))
  const store = new JobStore({ redis, keepSeconds: 100, longestMs: 60_000 })
  const patient = new Redis(server.url)
  define(patient)
  return { server, redis, store, patient, async [Symbol.asyncDispose]() {
    patient.disconnect()
    redis.close()
    await server.stop()
  } }
}

it(`of two workers that both hold a job to be theirs, only the later one is heard, and it is heard once${why}`, async () => {
  await using t = await startStore()
  const early = t.store.run(t.patient, 'job_1', 'token 1')
  const late = t.store.run(t.patient, 'job_1', 'token 2')
  expect(await early.begin(ticket)).toBe(1)
  expect(await early.append('data: early\n\n')).toBe(true)
  expect(await late.begin(ticket)).toBe(2)
  expect(await late.begin(ticket)).toBe(2)
  expect(await early.append('data: ghost\n\n')).toBe(false)
  await early.done('"ghost"', {})
  await early.giveBack()
  expect(await late.append('data: late\n\n')).toBe(true)
  await late.done('"late"', {})
  await late.done('"again"', {})
  await early.failed(new GatewayError('GW_ERR_JOB_LOST'), {})
  expect(await t.store.find('job_1')).toMatchObject({ status: 'done', outcome: '"late"', attempts: 2 })
  expect(await t.store.run(t.patient, 'job_1', 'token 3').begin(ticket)).toBe(0)
  const events = await t.store.eventsAfter('job_1', '0-0')
  expect(events.map((event) => ('text' in event ? event.text : event.status))).toEqual(['running', 'data: late\n\n', 'ended'])
})

it(`a batch that comes again, because the reply to it got lost, is written once${why}`, async () => {
  await using t = await startStore()
  const run = t.store.run(t.patient, 'job_1', 'token 1')
  await run.begin(ticket)
  await run.append('data: a\n\n')
  const again = t.store.run(t.patient, 'job_1', 'token 1')
  expect(await again.append('data: a\n\n')).toBe(true)
  expect(await t.store.eventsAfter('job_1', '0-0')).toHaveLength(2)
})

it(`a job whose worker was lost twice fails, without a third call${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startStore()
  await using front = await startGateway(jobsConfig(up.baseURL, t.server.url, { workers: 0 }))
  await ready(front.url)
  const caller = client(front.url)
  const id = await caller.submit(chatBody)
  for (const token of ['lost 1', 'lost 2']) await t.store.run(t.patient, id, token).begin(ticket)
  await using _ = await startGateway(jobsConfig(up.baseURL, t.server.url, { workers: 1 }))
  expect(await caller.ended(id)).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'job_lost' } })
  expect(up.seen).toHaveLength(0)
})

it(`without Redis every route is a 503 with a Retry-After; when it is back, so are they${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL)
  const id = await t.submit(chatBody)
  await t.ended(id)
  await t.redis.stop()
  for (const [method, path, body] of [['POST', '', { url: '/v1/chat/completions', body: chatBody }], ['GET', `/${id}`], ['GET', `/${id}/events`], ['DELETE', `/${id}`]] as const) {
    const reply = await t.send(method, `/v1/jobs${path}`, body)
    expect([reply.status, errorOf(reply.text).code, reply.headers['retry-after']]).toEqual([503, 'jobs_unavailable', '1'])
  }
  await using _ = await startRedis(t.redis.port)
  for (const { url } of [t.front, t.worker]) await ready(url)
  expect(await t.ended(await t.submit(chatBody))).toMatchObject({ status: 'done' })
}, 15_000)

it(`a job outlives a silence of Redis: nothing of its answer is lost, and nothing comes twice${why}`, async () => {
  const go = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response) => {
    answerStream(response, first)
    void go.promise.then(() => response.end(rest))
  })
  await using t = await startPair(up.baseURL)
  const id = await t.submit(chatBody)
  await t.events(id).until(({ data }) => data.includes('hel'))
  t.redis.signal('SIGSTOP')
  go.resolve()
  expect(await up.seen[0]?.closed).toBe(true)
  expect(await t.send('GET', `/v1/jobs/${id}`)).toMatchObject({ status: 503 })
  t.redis.signal('SIGCONT')
  await ready(t.front.url)
  expect(said(await t.events(id).until())).toBe('hello')
  expect(await t.get(id)).toMatchObject({ status: 'done', attempts: 1, result: { choices: [{ message: { content: 'hello' } }] } })
  expect(up.seen).toHaveLength(1)
})

it(`a worker that drains finishes its job; what waits is left to others${why}`, async () => {
  const go = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response) => {
    answerStream(response, first)
    void go.promise.then(() => response.end(rest))
  })
  await using t = await startPair(up.baseURL, { drain: { deadlineMs: 5_000 } }, { workers: 1 })
  await using second = await startGateway(jobsConfig(up.baseURL, t.redis.url, { workers: 0 }))
  await ready(second.url)
  const there = client(second.url)
  const [id, waiting] = [await there.submit(chatBody), await there.submit(chatBody)]
  await up.calls(1)
  const drained = t.worker.app.drain()
  go.resolve()
  expect(await drained).toBe(0)
  expect(await there.get(id)).toMatchObject({ status: 'done', attempts: 1 })
  expect(await there.get(waiting)).toMatchObject({ status: 'queued' })
  // Not even looked at: what is handed out and given back at once comes again at once.
  expect(await t.redis.client.hget(`gateway:bull:jobs:${waiting}`, 'ats')).toBeNull()
  expect(up.seen).toHaveLength(1)
})

it(`past the deadline a job is given back at once, and another worker answers it as if nothing had been; who follows is told${why}`, async () => {
  await using up = await fakeUpstream((response, seen, nth) => (nth === 1 ? void answerStream(response, first) : hello(response, seen, nth)))
  await using t = await startPair(up.baseURL, { drain: { deadlineMs: 50 } }, { workers: 1 })
  const id = await t.submit(chatBody)
  const events = t.events(id)
  const before = await events.until(({ data }) => data.includes('hel'))
  expect(await t.worker.app.drain()).toBe(1)
  expect(await up.seen[0]?.closed).toBe(false)
  expect(await t.get(id)).toMatchObject({ status: 'queued', attempts: 0 })
  await using _ = await startGateway(jobsConfig(up.baseURL, t.redis.url, { workers: 1 }))
  const after = await events.until()
  expect(said(before)).toBe('hel')
  expect(after.slice(0, 2).map(({ event }) => event)).toEqual(['queued', 'running'])
  expect(said(after)).toBe('hello')
  expect(await t.get(id)).toMatchObject({ status: 'done', attempts: 1 })
})

it(`who follows a job does not hold up the drain of the replica it reads from${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL, { drain: { deadlineMs: 5_000 } }, { workers: 0 })
  const events = t.events(await t.submit(chatBody))
  await events.next()
  const started = performance.now()
  expect(await t.front.app.drain()).toBe(0)
  expect(performance.now() - started).toBeLessThan(4_000)
  const told = await events.next()
  expect(errorOf(told?.data ?? '').code).toBe('gateway_draining')
})

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { launchGateway } from '../test-process.ts'
import { answerJson, answerStream, chatBody, chunk, fakeUpstream, sse, startGateway, testConfig } from '../test-support.ts'
import { client, jobsConfig, ready, said, vectors } from './test-jobs.ts'

const it = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`

it(`a worker killed in the middle of a job: another one begins it again, once, and it is answered once${why}`, async () => {
  const words = (...all: string[]) => sse(...all.map((content) => chunk({ content })))
  await using up = await fakeUpstream((response, _seen, nth) => {
    if (nth === 1) answerStream(response, words('half '))
    else answerStream(response, words('half ', 'and ', 'whole') + sse(chunk({}, 'stop'), '[DONE]')).end()
  })
  await using redis = await startRedis()
  const jobs = { lockMs: 2_000 }
  await using front = await startGateway(jobsConfig(up.baseURL, redis.url, { ...jobs, workers: 0 }))
  await using doomed = await launchGateway(jobsConfig(up.baseURL, redis.url, { ...jobs, workers: 1 }, { log: { level: 'info' } }))
  for (const url of [front.url, await doomed.listening]) await ready(url)
  const t = client(front.url)
  const id = await t.submit(chatBody)
  const events = t.events(id)
  await events.until(({ data }) => data.includes('half'))

  doomed.child.kill('SIGKILL')
  await doomed.exit
  expect(await t.get(id)).toMatchObject({ status: 'running', attempts: 1 })
  await using _ = await startGateway(jobsConfig(up.baseURL, redis.url, { ...jobs, workers: 1 }))
  const after = await events.until()
  expect(after.map(({ event }) => event)).toEqual(['running', undefined, undefined, undefined, undefined, 'done', undefined])
  expect(JSON.parse(after[0]?.data ?? '')).toMatchObject({ status: 'running', attempts: 2 })
  expect(said(after)).toBe('half and whole')
  expect(await t.get(id)).toMatchObject({ status: 'done', attempts: 2, result: { choices: [{ message: { content: 'half and whole' } }] } })
  // Who comes now sees the one answer only.
  expect(said(await t.events(id).until())).toBe('half and whole')
  expect(up.seen).toHaveLength(2)
})

it(`SIGTERM with a job at work and Redis gone: the process ends all the same${why}`, async () => {
  await using up = await fakeUpstream((response) => void answerStream(response, sse(chunk({ content: 'a' }))))
  await using redis = await startRedis()
  await using gw = await launchGateway(jobsConfig(up.baseURL, redis.url, { workers: 1 }, { log: { level: 'info' }, drain: { deadlineMs: 200 } }))
  const url = await gw.listening
  await ready(url)
  await client(url).submit(chatBody)
  await up.calls(1)
  await redis.stop()
  gw.child.kill('SIGTERM')
  expect((await gw.exit)[0]).toBe(0)
})

it(`a thousand submissions at once: all are taken, all are answered, once${why}`, async (context) => {
  await using up = await fakeUpstream((response) => answerJson(response, vectors))
  await using redis = await startRedis()
  await using front = await launchGateway(jobsConfig(up.baseURL, redis.url, { workers: 0 }, { log: { level: 'info' } }))
  const url = await front.listening
  await ready(url)
  const t = client(url)
  const count = 1_000
  const started = performance.now()
  const ids = await Promise.all(Array.from({ length: count }, async (_none, index) => t.submit({ model: 'chat', input: `text ${index}` }, '/v1/embeddings')))
  const taken = performance.now()
  await using worker = await startGateway(jobsConfig(up.baseURL, redis.url, { workers: 20 }))
  await ready(worker.url)
  await up.calls(count)
  await expect.poll(async () => redis.client.exists('gateway:bull:jobs:wait', 'gateway:bull:jobs:active'), { timeout: 60_000 }).toBe(0)
  const worked = performance.now()
  const rate = (ms: number): string => `${Math.round((count / ms) * 60_000)} a minute`
  const measured = `${count} jobs: taken at ${rate(taken - started)}, worked at ${rate(worked - taken)}`
  await context.annotate(measured)
  console.log(measured)
  expect(new Set(ids).size).toBe(count)
  const jobs = await Promise.all(ids.map(async (id) => t.get(id)))
  expect(jobs.filter(({ status, attempts }) => status === 'done' && attempts === 1)).toHaveLength(count)
  expect(up.seen).toHaveLength(count)
})

test('BullMQ is loaded only when jobs are on', async () => {
  const loaded = async (overrides: object): Promise<string> => {
    const program = `
      import { registerHooks } from 'node:module'
      const urls = new Set()
      registerHooks({ load(url, context, next) { urls.add(url); return next(url, context) } })
      const { createGateway } = await import(${JSON.stringify(new URL('../server.ts', import.meta.url).href)})
      const app = createGateway(${JSON.stringify(testConfig(['http://127.0.0.1:1/v1'], overrides))})
      await app.ready()
      console.log([...urls].join('\\n'))
      process.exit(0)`
    return (await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { maxBuffer: 10_000_000 })).stdout
  }
  expect(await loaded({})).not.toContain('bullmq')
  expect(await loaded({ redis: { url: 'redis://127.0.0.1:1' }, jobs: {} })).toContain('bullmq')
})

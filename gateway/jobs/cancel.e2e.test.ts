import { expect, test } from 'vitest'
import { redisMissing } from '../stores/test-redis.ts'
import { answerStream, chatBody, chunk, completion, fakeUpstream, answerJson, sse } from '../test-support.ts'
import { startPair, vectors } from './test-jobs.ts'

const it = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`

it.each([
  ['while it streams', '/v1/chat/completions', chatBody],
  ['before anything has come', '/v1/embeddings', { model: 'chat', input: 'x' }],
] as const)(`a job cancelled %s: the upstream socket is destroyed, readers learn it, nothing it still does counts${why}`, async (_name, url, body) => {
  await using up = await fakeUpstream((response) => {
    if (url === '/v1/chat/completions') answerStream(response, sse(chunk({ content: 'a' })))
  })
  // No time limit is to do what the cancellation does not.
  await using t = await startPair(up.baseURL, { timeouts: { firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 } })
  const id = await t.submit(body, url)
  const events = t.events(id)
  await up.calls(1)
  const reply = await t.send('DELETE', `/v1/jobs/${id}`)
  expect([reply.status, JSON.parse(reply.text)]).toMatchObject([200, { id, object: 'job', status: 'failed', deleted: false }])
  expect(await up.seen[0]?.closed).toBe(false)
  const seen = await events.until()
  expect(seen.slice(-2).map(({ event, data }) => event ?? data)).toEqual(['failed', '[DONE]'])
  expect(await t.get(id)).toMatchObject({ status: 'failed', error: { code: 'job_cancelled' } })
  // The worker is free again, and is so for the next job.
  await expect.poll(async () => t.redis.client.llen('gateway:bull:jobs:active')).toBe(0)
  expect(await t.get(id)).toMatchObject({ status: 'failed', error: { code: 'job_cancelled' } })
})

it(`a job cancelled while it waits is never begun${why}`, async () => {
  await using up = await fakeUpstream((response) => answerJson(response, completion('no')))
  await using t = await startPair(up.baseURL, {}, { workers: 0 })
  const id = await t.submit(chatBody)
  expect(await t.send('DELETE', `/v1/jobs/${id}`)).toMatchObject({ status: 200 })
  expect(await t.get(id)).toMatchObject({ status: 'failed', attempts: 0, error: { code: 'job_cancelled' } })
  expect(await t.redis.client.llen('gateway:bull:jobs:wait')).toBe(0)
  expect(await t.redis.client.exists(`gateway:bull:jobs:${id}`)).toBe(0)
  expect(up.seen).toHaveLength(0)
})

it(`a job that has ended is forgotten by DELETE${why}`, async () => {
  await using up = await fakeUpstream((response) => answerJson(response, vectors))
  await using t = await startPair(up.baseURL)
  const id = await t.submit({ model: 'chat', input: 'x' }, '/v1/embeddings')
  await t.ended(id)
  expect(JSON.parse((await t.send('DELETE', `/v1/jobs/${id}`)).text)).toMatchObject({ status: 'done', deleted: true })
  for (const method of ['GET', 'DELETE']) expect(await t.send(method, `/v1/jobs/${id}`)).toMatchObject({ status: 404 })
  await expect.poll(async () => t.redis.client.keys(`*${id}*`)).toEqual([])
})

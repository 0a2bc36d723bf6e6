import { expect, test } from 'vitest'
import { redisMissing } from '../stores/test-redis.ts'
import { answerJson, answerStream, chatBody, chunk, fakeUpstream, sse } from '../test-support.ts'
import { said, startPair, vectors } from './test-jobs.ts'
import type { JobEvent } from './test-jobs.ts'

const it = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const names = (events: readonly JobEvent[]): string[] => events.map(({ event, data }) => event ?? (data === '[DONE]' ? data : 'chunk'))

/** An upstream that sends one word whenever it is told to, and ends with the last. */
async function wordByWord(words: readonly string[]) {
  const left = [...words]
  let send: () => void = () => {}
  const up = await fakeUpstream((response) => {
    answerStream(response, sse(chunk({ role: 'assistant', content: '' })))
    send = () => {
      response.write(sse(chunk({ content: left.shift() ?? '' })))
      if (left.length === 0) response.end(sse(chunk({}, 'stop'), '[DONE]'))
    }
  })
  return { up, send: () => send(), [Symbol.asyncDispose]: async () => up[Symbol.asyncDispose]() }
}

const saying = (word: string) => ({ event, data }: JobEvent): boolean => event === undefined && data.includes(`"content":"${word}"`)

it(`each chunk reaches who follows, at another replica, before the upstream sends the next; then the result, then [DONE]${why}`, async () => {
  await using u = await wordByWord(['a', 'b', 'c'])
  await using t = await startPair(u.up.baseURL)
  const events = t.events(await t.submit(chatBody))
  await u.up.calls(1)
  let seen = await events.until(({ data }) => data.includes('"role"'))
  for (const word of ['a', 'b', 'c']) {
    u.send()
    seen = [...seen, ...(await events.until(saying(word)))]
  }
  seen = [...seen, ...(await events.until())]
  expect(said(seen)).toBe('abc')
  expect(names(seen).filter((name) => name !== 'queued')).toEqual(['running', 'chunk', 'chunk', 'chunk', 'chunk', 'chunk', 'done', '[DONE]'])
  const result = JSON.parse(seen.at(-2)?.data ?? '') as { status: string; result: { choices: { message: { content: string } }[] } }
  expect(result).toMatchObject({ status: 'done', result: { choices: [{ message: { content: 'abc' } }] } })
})

it(`who comes late gets what was missed and then what comes, and so does who comes back${why}`, async () => {
  await using u = await wordByWord(['a', 'b', 'c'])
  await using t = await startPair(u.up.baseURL)
  const id = await t.submit(chatBody)
  await u.up.calls(1)
  const first = t.events(id)
  await first.until(({ data }) => data.includes('"role"'))
  u.send()
  const [left] = (await first.until(saying('a'))).slice(-1)
  await first.leave()
  u.send()
  const late = t.events(id)
  const missed = await late.until(saying('b'))
  expect(said(missed)).toBe('ab')
  const back = t.events(id, { 'last-event-id': left?.id ?? '' })
  expect(said(await back.until(saying('b')))).toBe('b')
  u.send()
  for (const events of [late, back]) {
    const rest = await events.until()
    expect([said(rest), names(rest).slice(-2)]).toEqual(['c', ['done', '[DONE]']])
  }
  // After the end as well, and with nothing but the result once the chunks are gone.
  expect(said(await t.events(id).until())).toBe('abc')
  await t.redis.client.del(`gateway:job:${id}:events`)
  expect(names(await t.events(id).until())).toEqual(['done', '[DONE]'])
})

it(`silence is bridged by comments, while a job waits as well${why}`, async () => {
  await using u = await wordByWord(['a'])
  await using t = await startPair(u.up.baseURL, { stream: { keepAliveMs: 20, holdMs: 20 } }, { workers: 0 })
  const events = t.events(await t.submit(chatBody))
  const reading = events.until()
  await expect.poll(() => events.comments).toBeGreaterThan(2)
  await events.leave()
  expect(names(await reading.catch(() => []))).toEqual([])
})

it(`a failed job ends with its error, and a job without chunks with its result${why}`, async () => {
  await using up = await fakeUpstream((response, { request }) => (request.url === '/v1/embeddings' ? answerJson(response, vectors) : answerJson(response, '{"error":{"message":"no"}}', 422)))
  await using t = await startPair(up.baseURL)
  const failed = await t.events(await t.submit(chatBody)).until()
  expect(names(failed).filter((name) => name !== 'queued')).toEqual(['running', 'failed', '[DONE]'])
  expect(JSON.parse(failed.at(-2)?.data ?? '')).toMatchObject({ status: 'failed', error: { message: 'no' } })
  const made = await t.events(await t.submit({ model: 'chat', input: 'x' }, '/v1/embeddings')).until()
  expect(names(made).filter((name) => name !== 'queued')).toEqual(['running', 'done', '[DONE]'])
})

it(`chunks by the thousand come whole and in order${why}`, async () => {
  const words = Array.from({ length: 3_000 }, (_none, index) => `w${index} `)
  await using up = await fakeUpstream((response) => answerStream(response, sse(...words.map((content) => chunk({ content })), chunk({}, 'stop'), '[DONE]')).end())
  await using t = await startPair(up.baseURL)
  const id = await t.submit(chatBody)
  expect(said(await t.events(id).until())).toBe(words.join(''))
  expect(await t.get(id)).toMatchObject({ result: { choices: [{ message: { content: words.join('') } }] } })
})

it(`an answer that is larger than may be kept fails the job and ends the call${why}`, async () => {
  await using up = await fakeUpstream((response) => {
    answerStream(response, '')
    const timer = setInterval(() => response.write(sse(chunk({ content: 'x'.repeat(1_000) }))), 1)
    response.once('close', () => clearInterval(timer))
  })
  await using t = await startPair(up.baseURL, { limits: { answerBytes: 20_000 } })
  expect(await t.ended(await t.submit(chatBody))).toMatchObject({ status: 'failed', error: { code: 'upstream_bad_response' } })
  expect(await up.seen[0]?.closed).toBe(false)
})

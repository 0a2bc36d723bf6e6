import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Overrides, Reply } from '../test-support.ts'

const otherKey = 'caller-key-canary-2'
const streaming = { ...chatBody, stream: true }
const words = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({}, 'stop')]
const begun = sse(...words.slice(0, 2))
const rest = sse(...words.slice(2), '[DONE]')

/** A gateway whose upstream waits: `calls[n]` are the open answers. */
async function start(overrides: Overrides = { coalesce: true }) {
  const calls: ServerResponse[] = []
  const up = await fakeUpstream((response) => {
    calls.push(response)
  })
  const gw = await startGateway(testConfig([up.baseURL], { keys: [{ id: 'caller', key: callerKey }, { id: 'other', key: otherKey }], retry: false, ...overrides }))
  const taken = { count: 0, awaited: 0, resolve: () => {} }
  // The body has been read; what the gateway does with it until the upstream call, it does before the next turn of the event loop.
  gw.app.server.prependListener('request', (request: IncomingMessage) => {
    request.once('end', () => setImmediate(() => {
      if (++taken.count === taken.awaited) taken.resolve()
    }))
  })
  return {
    up,
    gw,
    calls,
    /** Resolves when the gateway has taken in that many requests. */
    async takes(count: number): Promise<void> {
      taken.awaited = count
      if (taken.count < count) await new Promise<void>((resolve) => (taken.resolve = resolve))
    },
    /** Resolves when the gateway has seen the next new connection close. */
    closing: () => new Promise<void>((resolve) => gw.app.server.once('connection', (socket: Socket) => socket.once('close', () => resolve()))),
    many: (count: number, body: unknown = chatBody, headers: Record<string, string> = {}): Promise<Reply>[] => Array.from({ length: count }, async () => post(gw.url, body, { headers })),
    async [Symbol.asyncDispose]() {
      await gw[Symbol.asyncDispose]()
      await up[Symbol.asyncDispose]()
    },
  }
}

const cacheOf = ({ headers }: Reply) => headers['x-cache']

test('20 requests at once are one upstream call, and each says what it was', async () => {
  await using t = await start()
  const replies = t.many(20)
  await t.takes(20)
  expect(t.calls).toHaveLength(1)
  t.calls.forEach((response) => answerJson(response, completion('hi')))
  const answered = await Promise.all(replies)
  for (const { status, text } of answered) expect({ status, text }).toEqual({ status: 200, text: completion('hi') })
  expect(answered.filter((reply) => cacheOf(reply) === 'COALESCED')).toHaveLength(19)
  expect(answered.reduce((sum, { headers }) => sum + Number(headers['x-gauntlet-attempts']), 0)).toBe(1)
  expect(new Set(answered.map(({ headers }) => headers['x-gauntlet-upstream']))).toEqual(new Set(['up1']))
  expect(new Set(answered.map(({ headers }) => headers['x-request-id'])).size).toBe(20)
})

test('nothing is kept: the next request is a call of its own', async () => {
  await using t = await start()
  for (let nth = 0; nth < 2; nth++) {
    const [reply] = t.many(1)
    await t.up.calls(nth + 1)
    answerJson(t.calls[nth] as ServerResponse, completion(`answer ${nth}`))
    expect(await reply).toMatchObject({ text: completion(`answer ${nth}`) })
  }
})

test('with the cache, what is in flight is shared and what is over is kept', async () => {
  await using t = await start({ coalesce: true, cache: {} })
  const replies = t.many(20)
  await t.takes(20)
  expect(t.calls).toHaveLength(1)
  t.calls.forEach((response) => answerJson(response, completion('hi')))
  const outcomes = (await Promise.all(replies)).map(cacheOf)
  expect(outcomes.filter((outcome) => outcome === 'COALESCED')).toHaveLength(19)
  expect(outcomes.filter((outcome) => outcome === 'MISS')).toHaveLength(1)
  expect(cacheOf(await post(t.gw.url))).toBe('HIT')
})

test.each<[string, unknown, Record<string, string>]>([
  ['another tenant', chatBody, { 'x-api-key': otherKey }],
  ['another temperature', { ...chatBody, temperature: 0.1 }, {}],
  ['a stream', streaming, {}],
  ['no-cache', chatBody, { 'cache-control': 'no-cache' }],
  ['store', { ...chatBody, store: true }, {}],
])('%s does not share', async (_name, body, headers) => {
  await using t = await start()
  const replies = [...t.many(1), ...t.many(1, body, headers)]
  await t.up.calls(2)
  for (const [index, response] of t.calls.entries()) {
    if (t.up.seen[index]?.body.includes('"stream":true') === true) answerStream(response, begun + rest).end()
    else answerJson(response, completion('hi'))
  }
  for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ status: 200, headers: { 'x-gauntlet-attempts': '1' } })
})

test('whoever began it may leave: the others get their answer', async () => {
  await using t = await start()
  const closed = t.closing()
  const leader = open(`${t.gw.url}/v1/chat/completions`, chatBody)
  await t.up.calls(1)
  const followers = t.many(3)
  await t.takes(4)
  leader.request.destroy()
  await closed
  answerJson(t.calls[0] as ServerResponse, completion('hi'))
  const answered = await Promise.all(followers)
  for (const { status, text } of answered) expect({ status, text }).toEqual({ status: 200, text: completion('hi') })
  expect(await t.up.seen[0]?.closed).toBe(true)
  expect(t.calls).toHaveLength(1)
  // Somebody stands for the call that was made.
  expect(answered.reduce((sum, { headers }) => sum + Number(headers['x-gauntlet-attempts']), 0)).toBe(1)
})

test.each([false, true])('when the last has left, the upstream call is cancelled; stream: %s', async (stream) => {
  await using t = await start()
  const callers = Array.from({ length: 3 }, () => open(`${t.gw.url}/v1/chat/completions`, { ...chatBody, stream }))
  await t.takes(3)
  if (stream) {
    answerStream(t.calls[0] as ServerResponse, begun)
    await Promise.all(callers.map(async ({ response }) => response))
  }
  callers.forEach(({ request }) => request.destroy())
  expect(await t.up.seen[0]?.closed).toBe(false)
  const [again] = t.many(1)
  await t.up.calls(2)
  answerJson(t.calls[1] as ServerResponse, completion('hi'))
  expect(await again).toMatchObject({ status: 200 })
})

test('a failure is shared by those who waited, and kept for nobody', async () => {
  await using t = await start()
  const replies = t.many(5)
  await t.takes(5)
  answerJson(t.calls[0] as ServerResponse, '{"error":{"message":"too hot"}}', 429)
  for (const reply of await Promise.all(replies)) {
    expect(reply.status).toBe(429)
    expect(errorOf(reply.text).message).toBe('too hot')
  }
  const [next] = t.many(1)
  await t.up.calls(2)
  answerJson(t.calls[1] as ServerResponse, completion('hi'))
  expect(await next).toMatchObject({ status: 200, headers: { 'x-gauntlet-attempts': '1' } })
})

test('a stream is one upstream call for all, whole for each, also for one that joins late', async () => {
  await using t = await start()
  const replies = t.many(3, streaming)
  await t.takes(3)
  answerStream(t.calls[0] as ServerResponse, begun)
  const late = await open(`${t.gw.url}/v1/chat/completions`, streaming).response
  expect(late.headers['x-cache']).toBe('COALESCED')
  t.calls[0]?.end(rest)
  for (const reply of await Promise.all([...replies, read(late)])) {
    expect(reply).toMatchObject({ status: 200, whole: true })
    expect(dataOf(reply.text)).toEqual([...words, '[DONE]'])
  }
  expect(t.calls).toHaveLength(1)
  const [next] = t.many(1, streaming)
  await t.up.calls(2)
  answerStream(t.calls[1] as ServerResponse, begun + rest).end()
  expect(cacheOf(await (next as Promise<Reply>))).toBeUndefined()
})

test('whoever began a stream may leave in its middle', async () => {
  await using t = await start({ coalesce: true, cache: {} })
  const closed = t.closing()
  const leader = open(`${t.gw.url}/v1/chat/completions`, streaming)
  await t.up.calls(1)
  const [follower] = t.many(1, streaming)
  await t.takes(2)
  answerStream(t.calls[0] as ServerResponse, begun)
  const thirdClosed = t.closing()
  const third = open(`${t.gw.url}/v1/chat/completions`, streaming)
  await Promise.all([leader.response, third.response])
  leader.request.destroy()
  third.request.destroy()
  await Promise.all([closed, thirdClosed])
  t.calls[0]?.end(rest)
  const reply = await (follower as Promise<Reply>)
  expect(reply).toMatchObject({ whole: true })
  expect(contentOf(reply.text)).toBe('ab')
  expect(await t.up.seen[0]?.closed).toBe(true)
  // It ended whole, so it is kept, whoever read it.
  expect(cacheOf(await post(t.gw.url, streaming))).toBe('HIT')
})

test('a stream that breaks breaks for all, after the same frames', async () => {
  await using t = await start()
  const replies = t.many(3, streaming)
  await t.takes(3)
  answerStream(t.calls[0] as ServerResponse, begun).write('x', () => t.calls[0]?.socket?.resetAndDestroy())
  for (const { whole, text } of await Promise.all(replies)) {
    const data = dataOf(text)
    expect(whole).toBe(false)
    expect(data.slice(0, 2)).toEqual(words.slice(0, 2))
    expect(errorOf(data[2] ?? '').code).toBe('upstream_interrupted')
    expect(data).toHaveLength(3)
  }
})

test('switched off, every request is a call', async () => {
  await using t = await start({})
  const replies = t.many(20)
  await t.up.calls(20)
  t.calls.forEach((response) => answerJson(response, completion('hi')))
  for (const reply of await Promise.all(replies)) expect(cacheOf(reply)).toBeUndefined()
})

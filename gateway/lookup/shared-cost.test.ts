import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { keepLog, otlpReceiver } from '../observe/test-support.ts'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, fakeUpstream, open, post, sse, startGateway, testConfig } from '../test-support.ts'
import type { Overrides } from '../test-support.ts'

const otherKey = 'caller-key-canary-2'
/** Two keys of one tenant, so that they share, each with a budget of its own. */
const keys = [{ id: 'first', tenant: 't', key: callerKey }, { id: 'second', tenant: 't', key: otherKey }]
const asSecond = { headers: { 'x-api-key': otherKey } }
const perDay = 100_000

// Of 40 tokens by estimate, with 10 more in the first event.
const bodyOf = (stream: boolean): string => JSON.stringify({ ...chatBody, stream }).padEnd(160)
const begun = sse(chunk({ content: 'a'.repeat(40) }))
const soFar = 50
/** By the upstream's count. */
const whole = 30
const rest = sse(chunk({ content: 'b' }), chunk({}, 'stop'), '{"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":10}}', '[DONE]')

/** Two callers on their way to one upstream call, of which `calls[0]` is the open answer. With `ago`, the same was answered so many milliseconds before. */
async function shared(stream: boolean, overrides: Overrides = {}, ago?: number) {
  const stack = new AsyncDisposableStack()
  const calls: ServerResponse[] = []
  const up = stack.use(await fakeUpstream((response, { body }, nth) => {
    if (body.includes('"probe"') || (ago !== undefined && nth === 1)) answerJson(response, completion('hi'))
    else calls.push(response)
  }))
  const log = keepLog()
  const gw = stack.use(await startGateway(testConfig([up.baseURL], { keys, retry: false, coalesce: true, budgets: { perKey: { tokensPerDay: perDay }, reserveTokens: 0 }, log: { level: 'info' }, ...overrides }), log))
  const ask = (options: Parameters<typeof open>[2] = {}) => {
    const { request, response } = open(`${gw.url}/v1/chat/completions`, bodyOf(stream), options)
    request.on('error', () => {})
    const heard = Promise.withResolvers<void>()
    const over = async (head: IncomingMessage): Promise<IncomingMessage> => {
      head.on('error', () => {}).on('data', () => heard.resolve())
      return new Promise((resolve) => head.once('close', () => resolve(head)))
    }
    return { request, begun: heard.promise, reply: response.then(over).catch(() => undefined) }
  }
  if (ago !== undefined) {
    await post(gw.url, bodyOf(stream))
    vi.setSystemTime(Date.now() + ago)
  }
  const first = ask()
  await up.calls(ago === undefined ? 1 : 2)
  const arrived = new Promise<void>((resolve) => gw.app.server.prependOnceListener('request', (request: { once: (name: 'end', run: () => void) => void }) => request.once('end', () => setImmediate(resolve))))
  const second = ask(asSecond)
  await arrived
  let gone = 0
  const [upstream] = calls
  if (upstream === undefined) throw new Error('nobody asked')
  const one = (caller: string) => log.lines.find((line) => line.msg === 'request' && line['caller'] === caller)
  const charged = async (options = {}): Promise<number> => {
    const { headers } = await post(gw.url, { ...chatBody, user: 'probe' }, options)
    return perDay - Number(headers['x-gauntlet-budget-remaining-tokens'])
  }
  return {
    up, log, first, second, calls, upstream,
    /** Resolves when the gateway is through with that caller. */
    async leave({ request, reply }: typeof first): Promise<void> {
      request.destroy()
      await log.next('request', ++gone)
      await reply
    },
    /** Both have the begin of the stream. */
    async begin(): Promise<void> {
      answerStream(upstream, begun)
      await Promise.all([first.begun, second.begun])
    },
    /** What each was charged, once both are over, with what their lines in the log say. */
    async end() {
      await log.next('request', 2)
      const lines = [one('first'), one('second')]
      expect(lines.reduce((sum, line) => sum + Number(line?.['attempts']), 0), 'one call').toBe(1)
      const told = lines.map((line) => (line?.['tokens'] as { prompt: number; completion: number } | undefined) ?? { prompt: 0, completion: 0 })
      const budgets = [await charged(), await charged(asSecond)]
      expect(told.map(({ prompt, completion: answer }) => prompt + answer), 'the log says what was charged').toEqual(budgets)
      return { charged: budgets, lines }
    },
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  }
}

type Shared = Awaited<ReturnType<typeof shared>>

test.each<[string, (t: Shared) => Promise<unknown>, [first: number, second: number]]>([
  ['both stay', async (t) => {
    await t.begin()
    t.upstream.end(rest)
  }, [whole, 0]],
  ['the first leaves before the first event', async (t) => {
    await t.leave(t.first)
    answerStream(t.upstream, begun).end(rest)
  }, [0, whole]],
  ['the first leaves after the first event', async (t) => {
    await t.begin()
    await t.leave(t.first)
    t.upstream.end(rest)
  }, [0, whole]],
  ['the second leaves after the first event', async (t) => {
    await t.begin()
    await t.leave(t.second)
    t.upstream.end(rest)
  }, [whole, 0]],
  ['one after the other leaves', async (t) => {
    await t.begin()
    await t.leave(t.first)
    await t.leave(t.second)
    expect(await t.up.seen[0]?.closed).toBe(false)
  }, [0, soFar]],
  ['one after the other leaves, the first one last', async (t) => {
    await t.begin()
    await t.leave(t.second)
    await t.leave(t.first)
  }, [soFar, 0]],
  ['both leave before the first event', async (t) => {
    await t.leave(t.first)
    await t.leave(t.second)
  }, [0, 0]],
  ['it breaks', async (t) => {
    await t.begin()
    t.upstream.destroy()
  }, [soFar, 0]],
  ['the first leaves, and then it breaks', async (t) => {
    await t.begin()
    await t.leave(t.first)
    t.upstream.destroy()
  }, [0, soFar]],
])('a shared stream is charged once: %s', async (_name, live, charged) => {
  await using t = await shared(true)
  await live(t)
  expect((await t.end()).charged).toEqual(charged)
})

test.each<[string, (t: Shared) => Promise<unknown>, [first: number, second: number]]>([
  ['both stay', async (t) => answerJson(t.upstream, completion('hi')), [2, 0]],
  ['the first leaves', async (t) => {
    await t.leave(t.first)
    answerJson(t.upstream, completion('hi'))
  }, [0, 2]],
  ['the second leaves', async (t) => {
    await t.leave(t.second)
    answerJson(t.upstream, completion('hi'))
  }, [2, 0]],
  ['both leave', async (t) => {
    await t.leave(t.first)
    await t.leave(t.second)
  }, [0, 0]],
  ['it fails', async (t) => answerJson(t.upstream, '{"error":{"message":"no"}}', 500), [0, 0]],
])('a shared JSON answer is charged once: %s', async (_name, live, charged) => {
  await using t = await shared(false)
  await live(t)
  expect((await t.end()).charged).toEqual(charged)
})

test('what happens to a shared stream after its first caller has left is in the line of whoever stays', async () => {
  await using t = await shared(true, { output: {}, metrics: {} })
  await t.begin()
  await t.leave(t.first)
  t.upstream.end(sse(chunk({ content: ' 4111 1111 1111 1111.' })) + rest)
  const { lines: [first, second] } = await t.end()
  expect(first).toMatchObject({ upstream: 'up1', attempts: 1, error: 'GW_ERR_CALLER_GONE' })
  expect(first).not.toHaveProperty('redacted')
  expect(first).not.toHaveProperty('cache')
  expect(second).toMatchObject({ upstream: 'up1', attempts: 0, cache: 'coalesced', redacted: { card: 1 }, tokens: { prompt: 20, completion: 10 } })
  expect((await t.second.reply)?.headers).toMatchObject({ 'x-gauntlet-attempts': '0', 'x-gauntlet-upstream': 'up1', 'x-gauntlet-model': 'chat', 'x-cache': 'COALESCED' })
})

test('whoever stays has the labels of a shared call that went on after its first caller: attempts, model, degradation, time in the line', async () => {
  const models = { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], cheaper: 'cheap' }, cheap: { chain: [{ upstream: 'up1', model: 'small' }] } }
  await using t = await shared(false, { models, degrade: { steps: ['cheaper-model'] }, queue: {} })
  await t.leave(t.first)
  answerJson(t.upstream, '{"error":{"message":"no"}}', 500)
  await t.up.calls(2)
  answerJson(t.calls[1] as ServerResponse, completion('hi'))
  expect((await t.second.reply)?.headers).toMatchObject({ 'x-gauntlet-attempts': '2', 'x-gauntlet-model': 'cheap', 'x-gauntlet-degraded': 'cheaper-model' })
  await t.log.next('request', 2)
  const [first, second] = t.log.lines.filter(({ msg }) => msg === 'request')
  expect(first).toMatchObject({ caller: 'first', attempts: 0, cache: 'coalesced' })
  expect(first).not.toHaveProperty('degraded')
  expect(second).toMatchObject({ caller: 'second', model: 'cheap', attempts: 2, degraded: ['cheaper-model'], failures: [expect.stringContaining('up1')] as unknown, queuedMs: expect.any(Number) as unknown })
})

test('a stale answer that is shared tells its age to all who share it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  await using t = await shared(false, { cache: { ttlSeconds: 1 }, degrade: { steps: ['cache'] } }, 10_000)
  answerJson(t.upstream, '{"error":{"message":"no"}}', 500)
  const replies = [await t.first.reply, await t.second.reply]
  expect(replies.map((reply) => reply?.headers)).toMatchObject([{ age: '10', 'x-cache': 'STALE' }, { age: '10', 'x-cache': 'COALESCED' }])
  for (const reply of replies) expect(reply).toMatchObject({ statusCode: 200, headers: { 'x-gauntlet-degraded': 'cache' } })
})

test('an attempt of a shared call belongs to the trace of whoever pays for it, and knows its tokens', async () => {
  await using otlp = await otlpReceiver()
  {
    await using t = await shared(false, { tracing: { endpoint: otlp.endpoint }, retry: { retries: 1, baseMs: 1 } })
    await t.leave(t.first)
    answerJson(t.upstream, '{"error":{"message":"no"}}', 503)
    await t.up.calls(2)
    answerJson(t.calls[1] as ServerResponse, completion('hi'))
    await t.log.next('request', 2)
  }
  const [server, client] = [2, 3].map((wanted) => otlp.spans.filter(({ kind }) => kind === wanted))
  const [first, second] = server ?? []
  const [failed, good] = client ?? []
  expect(client).toHaveLength(2)
  expect([failed?.parentSpanId, good?.parentSpanId]).toEqual([first?.spanId, second?.spanId])
  expect(failed?.attributes).toMatchObject({ 'error.type': '503' })
  expect(good?.attributes).toMatchObject({ 'gen_ai.usage.input_tokens': 1, 'gen_ai.usage.output_tokens': 1 })
})

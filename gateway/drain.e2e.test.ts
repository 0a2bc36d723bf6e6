import { once } from 'node:events'
import { Agent } from 'node:http'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect, test, vi } from 'vitest'
import { redisMissing, startRedis } from './stores/test-redis.ts'
import { launchGateway } from './test-process.ts'
import { answerJson, answerStream, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, open, post, read, sse, testConfig } from './test-support.ts'
import type { Overrides, Reply } from './test-support.ts'

const streams = 50
const graceMs = 2_000
const deadlineMs = 60_000
const keepAlive = ': keep-alive\n\n'
const prompts = Array.from({ length: streams }, (_none, nth) => `prompt-${nth}`)
const ask = (prompt: string, stream = true) => ({ model: 'chat', stream, messages: [{ role: 'user', content: prompt }] })

/** Three pieces of an answer that only this prompt has; what must be redacted lies across the last two. */
const answerTo = (prompt: string): readonly [string, string, string] => [`${prompt} begins, `, `${prompt} has the number 123-45-`, `6789 and ends as ${prompt}.`]

/** An upstream that gives each stream its first piece at once and the rest when told to. */
async function heldUpstream() {
  const held = new Map<string, ServerResponse>()
  const sockets = new Set<Socket>()
  const up = await fakeUpstream((response, { body, request }) => {
    sockets.add(request.socket)
    const { messages: [message], stream } = JSON.parse(body) as { messages: [{ content: string }]; stream: boolean }
    if (!stream) return answerJson(response, completion(`at once: ${message.content}`))
    held.set(message.content, answerStream(response, sse(chunk({ role: 'assistant', content: answerTo(message.content)[0] }))))
  })
  return {
    ...up,
    sockets,
    streams: () => [...held.keys()].toSorted(),
    /** In turns, so that the pieces of all the streams are on the way at the same time. */
    finish(some: readonly string[]): void {
      for (const prompt of some.toReversed()) held.get(prompt)?.write(sse(chunk({ content: answerTo(prompt)[1] })))
      for (const prompt of some) held.get(prompt)?.end(sse(chunk({ content: answerTo(prompt)[2] }), chunk({}, 'stop'), '[DONE]'))
    },
  }
}

/** A caller of a stream, whose words can be waited for. */
async function call(url: string, prompt: string, agent: Agent) {
  const { request, response } = open(`${url}/v1/chat/completions`, ask(prompt), { agent })
  const [socket] = (await once(request, 'socket')) as [Socket]
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const incoming = (await response).setEncoding('utf8').on('error', () => {})
  let text = ''
  incoming.on('data', (some: string) => {
    text += some
  })
  const count = (words: string): number => text.split(words).length - 1
  return {
    prompt,
    closed,
    count,
    heard: async (words: string, times = 1) => vi.waitFor(() => expect(count(words), `${prompt}: ${text}`).toBeGreaterThanOrEqual(times), { timeout: 10_000 }),
    reply: new Promise<Reply>((resolve) => incoming.once('close', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, whole: incoming.complete }))),
  }
}

const probe = async (url: string, path: string): Promise<Reply> => read(await open(url + path, undefined, { agent: false }).response)
/** On a connection of its own, so that it needs a listener. */
const work = async (url: string, prompt: string, agent: Agent | false = false): Promise<Reply> => post(url, ask(prompt, false), { agent })

function expectRefused(reply: Reply): void {
  expect(reply).toMatchObject({ status: 503, whole: true, headers: { connection: 'close' } })
  expect(errorOf(reply.text).code).toBe('gateway_draining')
}

const everything: Overrides = {
  rateLimits: { routes: { chat: { algorithm: 'token-bucket', capacity: 1_000, refillPerSecond: 1 } } },
  queue: { concurrency: streams + 5, waiting: streams },
  budgets: { global: { tokensPerDay: 10_000_000 }, perKey: { tokensPerDay: 5_000_000 } },
  cache: {},
  coalesce: true,
  output: {},
  input: {},
  degrade: {},
  metrics: { perKey: true },
  docs: true,
  stream: { holdMs: 50, finishMs: 60, keepAliveMs: 100 },
}

const withRedis = (url: string): Overrides => ({ ...everything, redis: { url, commandMs: 1_000 }, jobs: {}, admin: { sha256: '0'.repeat(64) } })

const timeout = 60_000

test(`SIGTERM with ${streams} live streams: readiness falls first, all finish, exit 0`, { timeout }, async () => drained({}))

test(`SIGTERM with ${streams} live streams and every feature on`, { timeout }, async () => drained(everything))

test(`SIGTERM with ${streams} live streams and every feature on, in Redis${redisMissing === undefined ? '' : ` (${redisMissing})`}`, { timeout, skip: redisMissing !== undefined }, async () => {
  await using redis = await startRedis()
  await drained(withRedis(redis.url))
})

async function drained(features: Overrides): Promise<void> {
  const featured = features.metrics !== undefined
  await using up = await heldUpstream()
  await using gw = await launchGateway(testConfig([up.baseURL], { log: { level: 'info' }, drain: { graceMs, deadlineMs }, timeouts: { firstByteMs: 30_000, idleMs: 60_000, totalMs: 120_000 }, ...features }))
  const url = await gw.listening
  await vi.waitFor(async () => expect(await probe(url, '/health/ready')).toMatchObject({ status: 200 }), { timeout: 5_000 })
  const [agent, streaming] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })]
  expect(await work(url, 'before', agent)).toMatchObject({ status: 200 })
  // Node does not count it as idle, and would wait for it for ever.
  const silent = connect(Number(new URL(url).port), '127.0.0.1')
  await once(silent, 'connect')
  const silentClosed = once(silent, 'close')
  // Where requests are shared, some ask what others have asked already.
  const callers = await Promise.all([...prompts, ...(featured ? prompts.slice(0, 5) : [])].map(async (prompt) => call(url, prompt, streaming)))
  for (const caller of callers) await caller.heard(answerTo(caller.prompt)[0])
  expect(up.streams()).toEqual(prompts.toSorted())

  gw.child.kill('SIGTERM')
  await vi.waitFor(async () => expect(await probe(url, '/health/ready')).toMatchObject({ status: 503 }), { timeout: graceMs, interval: 5 })
  expect(await work(url, 'in the grace time'), 'readiness falls before work is refused').toMatchObject({ status: 200 })
  const comments = callers.map((caller) => caller.count(keepAlive))
  await vi.waitFor(async () => expect(await work(url, 'late')).toMatchObject({ status: 503 }), { timeout: 10_000, interval: 50 })
  const asked = up.seen.length
  for (const on of [false, agent] as const) expectRefused(await work(url, 'too late', on))
  for (const path of ['/v1/models', '/v1/chat/completions', '/v1/embeddings']) expectRefused(await probe(url, path))
  expect(JSON.parse((await probe(url, '/health/ready')).text)).toMatchObject({ status: 'not_ready', draining: true })
  expect(await probe(url, '/health/live')).toMatchObject({ status: 200 })
  if (featured) {
    expect((await probe(url, '/metrics')).text).toContain(`gateway_queue_running ${streams}\n`)
    for (const [nth, caller] of callers.entries()) await caller.heard(keepAlive, (comments[nth] ?? 0) + 1)
  }

  const [last = '', ...others] = prompts
  up.finish(others)
  await Promise.all(callers.filter(({ prompt }) => prompt !== last).map(async ({ reply }) => reply))
  expect(await probe(url, '/health/ready'), 'one stream is enough for the listener to stay').toMatchObject({ status: 503 })
  expectRefused(await work(url, 'too late'))
  expect(gw.child.exitCode).toBeNull()
  up.finish([last])
  const ending = performance.now()
  for (const { prompt, reply } of callers) expectWhole(await reply, prompt, featured)
  expect(await gw.exit).toEqual([0, null])
  expect(performance.now() - ending, 'the exit waits for nothing else').toBeLessThan(5_000)

  await expect(probe(url, '/health/ready')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await Promise.all(callers.map(async ({ closed }) => closed))
  expect(await silentClosed, 'not reset').toEqual([false])
  expect(up.seen, 'what was refused went nowhere').toHaveLength(asked)
  expect(await Promise.all(up.seen.map(async (seen) => seen.closed))).toEqual(up.seen.map(() => true))
  await vi.waitFor(() => expect([...up.sockets].filter((socket) => !socket.destroyed)).toHaveLength(0))
  expectLog(gw.lines, callers.length)
}

function expectWhole(reply: Reply, prompt: string, featured: boolean): void {
  expect(reply, prompt).toMatchObject({ status: 200, whole: true })
  if (featured) expect(reply.headers).toMatchObject({ 'x-cache': expect.stringMatching(/^(?:MISS|COALESCED)$/) as unknown, 'x-ratelimit-limit': '1000', 'x-gauntlet-budget-remaining-tokens': expect.stringMatching(/^\d+$/) as unknown })
  const text = reply.text.replaceAll(keepAlive, '')
  expect(contentOf(text)).toBe(featured ? answerTo(prompt).join('').replace('123-45-6789', '[redacted]') : answerTo(prompt).join(''))
  const data = dataOf(text)
  expect(data.filter((one) => one === '[DONE]')).toHaveLength(1)
  expect(data.at(-1)).toBe('[DONE]')
  expect(text.split('"finish_reason":"stop"')).toHaveLength(2)
}

function expectLog(lines: readonly string[], callers: number): void {
  const log = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(log.filter(({ msg, stream, status, error }) => msg === 'request' && stream === true && status === 200 && error === undefined)).toHaveLength(callers)
  expect(log.at(-1)).toMatchObject({ msg: 'drained', cut: 0 })
  expect(lines.join('\n')).not.toMatch(/begins|prompt-/)
}

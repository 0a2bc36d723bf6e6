import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, logLines, open, post, sse, startGateway, testConfig, upstreamKey } from '../../test-support.ts'
import type { Handler } from '../../test-support.ts'
import { answerEvents, ended, event, message, messagesConfig, overloaded, started, textBlock, toolBlock } from './test-messages.ts'

const streaming = { ...chatBody, stream: true }
const chain = { ...chatBody, model: 'chain' }
const says = (text: string): Handler => (response) => answerJson(response, message([{ type: 'text', text }]))
const fails = (status: number, type: string, headers: Record<string, string> = {}): Handler => (response) => answerJson(response, JSON.stringify({ type: 'error', error: { type, message: 'no' }, request_id: 'req_1' }), status, headers)
const openAi: Handler = (response) => answerJson(response, completion('from the other'))

test('a request in the words of the Messages API, with its key and version, and the answer in those of OpenAI', async () => {
  await using up = await fakeUpstream(says('hi'))
  await using gw = await startGateway(messagesConfig([up.baseURL]))
  const reply = await post(gw.url, { ...chatBody, messages: [{ role: 'system', content: 'be brief' }, ...chatBody.messages], max_tokens: 9 }, { headers: { 'x-request-id': 'mine-1', 'anthropic-beta': 'x', 'x-api-key': callerKey } })
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8', 'x-gauntlet-upstream': 'up1', 'x-gauntlet-attempts': '1' } })
  expect(JSON.parse(reply.text)).toMatchObject({ object: 'chat.completion', choices: [{ message: { content: 'hi' } }] })
  const [seen] = up.seen
  expect(seen?.request).toMatchObject({ method: 'POST', url: '/v1/messages' })
  expect(seen?.request.headers).toMatchObject({ 'x-api-key': upstreamKey, 'anthropic-version': '2023-06-01', 'content-type': 'application/json', accept: 'application/json', 'x-request-id': 'mine-1' })
  expect(seen?.request.headers).not.toHaveProperty('authorization')
  expect(seen?.request.headers).not.toHaveProperty('anthropic-beta')
  expect(JSON.parse(seen?.body ?? '')).toEqual({ model: 'tiny', max_tokens: 9, system: 'be brief', messages: [{ role: 'user', content: 'hello' }] })
})

test('version and default limit are settings', async () => {
  await using up = await fakeUpstream(says('hi'))
  await using gw = await startGateway(messagesConfig([up.baseURL], {}, { version: '2031-01-02', maxTokens: 77 }))
  await post(gw.url)
  expect(up.seen[0]?.request.headers['anthropic-version']).toBe('2031-01-02')
  expect(JSON.parse(up.seen[0]?.body ?? '')).toMatchObject({ max_tokens: 77 })
})

test('without the engine it is an upstream like any other: the same bytes on the same path', async () => {
  await using up = await fakeUpstream(openAi)
  await using gw = await startGateway(testConfig([up.baseURL]))
  await post(gw.url, '{ "model" : "chat", "messages":[{"role":"user","content":"hello"}], "seed": 9007199254740993, "n": 2 }')
  expect(up.seen[0]?.request).toMatchObject({ url: '/v1/chat/completions', headers: { authorization: `Bearer ${upstreamKey}` } })
  expect(up.seen[0]?.request.headers).not.toHaveProperty('x-api-key')
  expect(up.seen[0]?.request.headers).not.toHaveProperty('anthropic-version')
  expect(up.seen[0]?.body).toBe('{ "model" : "tiny", "messages":[{"role":"user","content":"hello"}], "seed": 9007199254740993, "n": 2 }')
})

test('lock-step: what an event says reaches the caller before the upstream sends the next', async () => {
  const events = (started() + textBlock(0, 'a', 'b', 'c', 'd', 'e', 'f') + toolBlock(1, 'toolu_1', 'f', '{"a"', ':1}') + ended('tool_use')).split(/(?<=\n\n)/)
  const steps: (() => void)[] = []
  await using up = await fakeUpstream((response) => {
    answerEvents(response, '')
    for (const one of events) steps.push(() => response.write(one))
    steps.push(() => response.end())
    steps.shift()?.()
  })
  await using gw = await startGateway(messagesConfig([up.baseURL]))
  const response = await open(`${gw.url}/v1/chat/completions`, streaming).response
  let text = ''
  // These say nothing that a caller could be told: the next one follows without an answer.
  const isSilent = (one: string | undefined): boolean => /^event: (?:content_block_stop|message_delta)|"type":"text","text":""/.test(one ?? '')
  const step = (): void => {
    let next: string | undefined
    do {
      next = events[events.length + 1 - steps.length]
      steps.shift()?.()
    } while (isSilent(next))
  }
  for await (const bytes of response) {
    text += String(bytes)
    if (text.endsWith('\n\n')) step()
  }
  expect(contentOf(text)).toBe('abcdef')
  const [beginning, ...rest] = dataOf(text)
  expect(beginning).toContain('"role":"assistant"')
  // Six letters, the tool, two pieces of its arguments, the finish.
  expect(rest).toHaveLength(11)
  expect(rest.at(-1)).toBe('[DONE]')
  expect(steps).toHaveLength(0)
})

test('an upstream that pings while it thinks is not silent', async () => {
  await using up = await fakeUpstream((response) => {
    answerEvents(response, started())
    let left = 12
    const timer = setInterval(() => {
      if (left-- > 0) response.write(event('ping'))
      else response.end(textBlock(0, 'at last') + ended())
    }, 50)
    response.once('close', () => clearInterval(timer))
  })
  await using gw = await startGateway(messagesConfig([up.baseURL], { timeouts: { idleMs: 350 } }))
  const reply = await post(gw.url, streaming)
  expect(reply.whole).toBe(true)
  expect(contentOf(reply.text)).toBe('at last')
})

test.each([
  [400, 'invalid_request_error', 400, 'invalid_request_error', null, 1],
  [401, 'authentication_error', 502, 'server_error', 'upstream_auth_failed', 1],
  [403, 'permission_error', 502, 'server_error', 'upstream_auth_failed', 1],
  [402, 'billing_error', 429, 'insufficient_quota', 'insufficient_quota', 1],
  [404, 'not_found_error', 404, 'invalid_request_error', 'model_not_found', 1],
  [413, 'request_too_large', 413, 'invalid_request_error', 'request_too_large', 1],
  [429, 'rate_limit_error', 429, 'rate_limit_error', 'rate_limit_exceeded', 3],
  [500, 'api_error', 500, 'server_error', null, 3],
  [504, 'timeout_error', 504, 'server_error', 'upstream_timeout', 3],
  [529, 'overloaded_error', 503, 'service_unavailable_error', 'server_is_overloaded', 3],
  [400, 'error_of_next_year', 400, 'error_of_next_year', null, 1],
])('%i %s is a %i %s', async (status, type, expected, expectedType, code, attempts) => {
  await using up = await fakeUpstream(fails(status, type))
  await using gw = await startGateway(messagesConfig([up.baseURL], { breaker: false }))
  for (const body of [chatBody, streaming]) {
    const reply = await post(gw.url, body)
    expect(reply).toMatchObject({ status: expected, headers: { 'x-gauntlet-attempts': String(attempts) } })
    expect(errorOf(reply.text)).toMatchObject({ type: expectedType, code, param: null })
    expect(reply.text).not.toContain('req_1')
  }
})

test('a Retry-After is waited for, and one that is too long is handed on', async () => {
  await using up = await fakeUpstream((response, seen, nth) => (nth === 1 ? fails(429, 'rate_limit_error', { 'retry-after': '1' }) : nth === 2 ? says('hi') : fails(529, 'overloaded_error', { 'retry-after': '30' }))(response, seen, nth))
  await using gw = await startGateway(messagesConfig([up.baseURL]))
  const begun = performance.now()
  expect(await post(gw.url)).toMatchObject({ status: 200 })
  expect(performance.now() - begun).toBeGreaterThanOrEqual(1_000)
  expect(await post(gw.url)).toMatchObject({ status: 503, headers: { 'retry-after': '30', 'x-gauntlet-attempts': '1' } })
})

test("overloaded falls back, and the other upstream gets the caller's own bytes", async () => {
  await using up = await fakeUpstream(fails(529, 'overloaded_error'))
  await using second = await fakeUpstream(openAi)
  await using gw = await startGateway(messagesConfig([up.baseURL, second.baseURL], { retry: false }))
  const reply = await post(gw.url, chain)
  expect(reply).toMatchObject({ status: 200, headers: { 'x-gauntlet-upstream': 'up2', 'x-gauntlet-attempts': '2' } })
  expect(second.seen[0]?.body).toBe(JSON.stringify({ ...chain, model: 'tiny' }))
})

test('overloaded opens the circuit', async () => {
  await using up = await fakeUpstream(fails(529, 'overloaded_error'))
  await using gw = await startGateway(messagesConfig([up.baseURL], { retry: false, breaker: { failures: 2, cooldownMs: 60_000 } }))
  for (let n = 0; n < 2; n++) await post(gw.url)
  expect(errorOf((await post(gw.url)).text).code).toBe('upstream_circuit_open')
  expect(up.seen).toHaveLength(2)
})

test('an error event before any content is tried again', async () => {
  await using up = await fakeUpstream((response, _seen, nth) => answerEvents(response, started() + (nth === 1 ? event('error', overloaded) : textBlock(0, 'hi') + ended())).end())
  await using gw = await startGateway(messagesConfig([up.baseURL]))
  const reply = await post(gw.url, streaming)
  expect(reply).toMatchObject({ status: 200, whole: true, headers: { 'x-gauntlet-attempts': '2' } })
  expect(contentOf(reply.text)).toBe('hi')
})

const breaks: [string, Handler, string][] = [
  ['overloaded', (response) => response.end(event('error', overloaded)), 'server_is_overloaded'],
  ['a clean end', (response) => response.end(), 'upstream_interrupted'],
  ['a clean end behind the stop reason', (response) => response.end(ended().slice(0, -event('message_stop').length)), 'upstream_interrupted'],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 'upstream_interrupted'],
  ['silence', () => {}, 'upstream_timeout'],
  ['malformed JSON', (response) => response.write('event: content_block_delta\ndata: {"type"\n\n'), 'upstream_bad_response'],
]
test.each(breaks)('%s in the middle: an error event, then a cut', async (_name, end, code) => {
  await using up = await fakeUpstream((response, seen, nth) => {
    answerEvents(response, started() + textBlock(0, 'a'))
    setImmediate(() => end(response, seen, nth))
  })
  await using gw = await startGateway(messagesConfig([up.baseURL], { timeouts: { idleMs: 200 } }))
  const reply = await post(gw.url, streaming)
  expect(reply).toMatchObject({ status: 200, whole: false })
  const events = dataOf(reply.text)
  expect(contentOf(`${events.slice(0, -1).map((data) => `data: ${data}`).join('\n\n')}\n\n`)).toBe('a')
  expect(errorOf(events.at(-1) ?? '').code).toBe(code)
  expect(reply.text).not.toMatch(/\[DONE\]|"finish_reason":"/)
  expect(up.seen).toHaveLength(1)
})

test.each([
  ['an error in a 200', '{"type":"error","error":{"type":"api_error","message":"boom"}}', null],
  ['a page', '<html>', 'upstream_bad_response'],
])('%s is no answer, streamed or not', async (_name, body, code) => {
  await using up = await fakeUpstream((response) => answerJson(response, body))
  await using gw = await startGateway(messagesConfig([up.baseURL], { retry: false }))
  for (const asked of [chatBody, streaming]) {
    const reply = await post(gw.url, asked)
    expect(reply.status).toBe(502)
    expect(errorOf(reply.text)).toMatchObject({ type: 'server_error', code })
  }
})

test('a caller that leaves ends the upstream call', async () => {
  await using up = await fakeUpstream((response) => answerEvents(response, started() + textBlock(0, 'a')))
  await using gw = await startGateway(messagesConfig([up.baseURL]))
  const { request, response } = open(`${gw.url}/v1/chat/completions`, streaming)
  await response
  request.destroy()
  await up.calls(1)
  expect(await up.seen[0]?.closed).toBe(false)
})

test("the upstream's key is found nowhere but at the upstream", async () => {
  const quoting = { error: { type: 'invalid_request_error', message: `bad key ${upstreamKey} for http://127.0.0.1` } }
  await using up = await fakeUpstream((response, { body }, nth) => {
    if (nth === 1) answerJson(response, JSON.stringify({ type: 'error', ...quoting }), 400, { 'x-api-key': upstreamKey })
    else if (body.includes('"stream":true')) answerEvents(response, started() + textBlock(0, 'a') + event('error', quoting)).end()
    else answerJson(response, JSON.stringify({ type: 'error', ...quoting }))
  })
  const log = logLines()
  await using gw = await startGateway(messagesConfig([up.baseURL], { log: { level: 'debug' } }), { logTo: log })
  for (const body of [chatBody, chatBody, streaming]) {
    const reply = await post(gw.url, body)
    expect(reply.text).toContain('bad key [redacted]')
    expect(JSON.stringify([reply.text, reply.headers])).not.toMatch(new RegExp(`${upstreamKey}|127\\.0\\.0\\.1`))
  }
  expect(up.seen.map(({ request }) => request.headers['x-api-key'])).toEqual([upstreamKey, upstreamKey, upstreamKey])
  await expect.poll(() => log.of('request')).toHaveLength(3)
  expect(JSON.stringify(log.lines)).not.toContain(upstreamKey)
})

test('the tokens of a stream are the ones that the upstream counted, though the caller did not ask for them', async () => {
  await using up = await fakeUpstream((response) => answerEvents(response, started() + textBlock(0, 'a') + ended()).end())
  const log = logLines()
  await using gw = await startGateway(messagesConfig([up.baseURL], { log: { level: 'info' } }), { logTo: log })
  const reply = await post(gw.url, streaming)
  expect(reply.whole).toBe(true)
  expect(reply.text).not.toContain('usage')
  await expect.poll(() => log.of('request')).toMatchObject([{ tokens: { prompt: 25, completion: 15, estimated: false } }])
})

test('streams of both kinds from one gateway do not mix', async () => {
  const words: Handler = (response, { body }) => {
    const word = /word-\d+/.exec(body)?.[0] ?? ''
    if (body.includes('max_tokens')) answerEvents(response, started() + textBlock(0, ...Array.from({ length: 10 }, () => word)) + ended()).end()
    else answerStream(response, sse(...Array.from({ length: 10 }, () => chunk({ content: word })), chunk({}, 'stop'), '[DONE]')).end()
  }
  await using up = await fakeUpstream(words)
  const config = messagesConfig([up.baseURL, up.baseURL])
  await using gw = await startGateway({ ...config, models: { a: { chain: [{ upstream: 'up1', model: 'tiny' }] }, b: { chain: [{ upstream: 'up2', model: 'tiny' }] } } })
  const replies = await Promise.all(Array.from({ length: 40 }, async (_none, n) => post(gw.url, { model: n % 2 === 0 ? 'a' : 'b', stream: true, messages: [{ role: 'user', content: `word-${n}` }] })))
  for (const [n, reply] of replies.entries()) expect(contentOf(reply.text)).toBe(`word-${n}`.repeat(10))
})

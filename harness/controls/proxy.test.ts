import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import {
  breakOff, CALLER_KEY, chunk, codeOf, completion, contentOf, dataOf, endOf, event, fields, good, inTurn, QUICK, refuse, Rig, sse, UPSTREAM_KEY, usageChunk, WHOLE, type Script,
} from './proxy/fixture.ts'

const KEYS = ['code', 'message', 'param', 'type']
const PART = [chunk({ role: 'assistant' }), chunk({ content: 'one' })]
const head = (res: Parameters<Script>[0]['res'], type = 'text/event-stream') => res.writeHead(200, { 'content-type': type })

test.each([
  ['no key', '/v1/models', undefined, { authorization: '' }, 401, 'invalid_api_key'],
  ['a wrong key before an unknown URL', '/nowhere', undefined, { authorization: 'Bearer wrong' }, 401, 'invalid_api_key'],
  ['malformed JSON', '/v1/chat/completions', '{"model":', {}, 400, null],
  ['no messages', '/v1/chat/completions', { model: 'gauntlet-chat' }, {}, 400, null],
  ['messages that are no array', '/v1/chat/completions', { model: 'gauntlet-chat', messages: 'hi' }, {}, 400, null],
  ['an unknown model', '/v1/chat/completions', { model: 'nope', messages: [] }, {}, 404, 'model_not_found'],
  ['a model named like a method', '/v1/chat/completions', { model: 'constructor', messages: [] }, {}, 404, 'model_not_found'],
  ['an unknown URL', '/v1/nowhere', {}, {}, 404, 'unknown_url'],
])('%s is refused with an envelope and without an upstream call', async (_, path, body, headers, status, code) => {
  await using rig = await Rig.start(good)
  const reply = await rig.send(path, body, { headers: { 'x-request-id': 'req-1', ...headers } })
  expect([reply.status, codeOf(reply.text), reply.headers['x-request-id'], rig.seen.length]).toEqual([status, code, 'req-1', 0])
  expect(Object.keys(fields(reply.text)['error'] as object).toSorted()).toEqual(KEYS)
})

test('both ways to give a key open; models are listed; embeddings pass', async () => {
  await using rig = await Rig.start(good)
  const models = await rig.send('/v1/models', undefined, { headers: { authorization: '', 'x-api-key': CALLER_KEY } })
  expect(fields(models.text)).toMatchObject({ object: 'list', data: [{ id: 'gauntlet-chat' }, {}, {}, {}, {}] })
  const embeddings = await rig.send('/v1/embeddings', { model: 'gauntlet-embed', input: 'hi' })
  expect([embeddings.status, fields(embeddings.text)['object'], rig.seen[0]?.json['model']]).toEqual([200, 'list', 'tiny'])
})

test('the request keeps every byte but the model, and carries only the upstream key', async () => {
  await using rig = await Rig.start(good)
  const body = '{ "messages":[{"role":"user","content":"\\u00e9 {\\"model\\":1}"}],\n "temperature":1.0,"model" : "gauntlet-chat","x_new":{"model":"keep"} }'
  const reply = await rig.send('/v1/chat/completions', body)
  expect([reply.status, reply.text]).toEqual([200, JSON.stringify(completion())])
  expect(rig.seen[0]?.body).toBe(body.replace('"gauntlet-chat"', '"tiny"'))
  expect(rig.seen[0]?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
  expect(JSON.stringify(rig.seen[0]?.headers)).not.toContain(CALLER_KEY)
})

test.each([
  [400, 400, 'c', 1], [404, 404, 'c', 1], [409, 409, 'c', 1], [422, 422, 'c', 1], [401, 502, 'upstream_auth_failed', 1], [403, 502, 'upstream_auth_failed', 1],
  [429, 429, 'c', 3], [500, 500, 'c', 3], [503, 503, 'c', 3], [529, 529, 'c', 1], [302, 502, 'c', 3],
])('an upstream %i becomes %i (%s) after %i attempts', async (upstream, status, code, attempts) => {
  await using rig = await Rig.start(refuse(upstream, undefined, { 'retry-after': '0' }))
  const reply = await rig.chat()
  expect([reply.status, codeOf(reply.text), rig.seen.length]).toEqual([status, code, attempts])
  expect(reply.headers['x-should-retry']).toBe(code === 'upstream_auth_failed' ? 'false' : undefined)
  expect(reply.headers['retry-after']).toBe(status === upstream ? '0' : undefined)
})

test('an upstream error that quotes the key and the address is scrubbed', async () => {
  await using rig = await Rig.start(({ headers, res }) => refuse(400, { message: `Bad key ${UPSTREAM_KEY} at http://${headers.host}/v1 (${headers.host})`, code: UPSTREAM_KEY })({ res } as never))
  const { text } = await rig.chat()
  expect(fields(text)['error']).toMatchObject({ message: 'Bad key [redacted] at [redacted] ([redacted])', code: '[redacted]' })
})

test.each<[string, Script, number, string]>([
  ['a reset before the head', ({ res }) => res.socket?.resetAndDestroy(), 502, 'upstream_unreachable'],
  ['a close before the head', ({ res }) => res.socket?.end(), 502, 'upstream_unreachable'],
  ['silence', () => {}, 504, 'upstream_timeout'],
  ['a stalled body', ({ res }) => head(res, 'application/json').write('{'), 504, 'upstream_timeout'],
  ['HTML', ({ res }) => head(res, 'text/html').end('<html>'), 502, 'upstream_bad_response'],
  ['nothing', ({ res }) => res.end(), 502, 'upstream_bad_response'],
  ['truncated JSON', ({ res }) => res.end('{"choices":['), 502, 'upstream_bad_response'],
  ['a short body', ({ res }) => res.writeHead(200, { 'content-length': 99 }).end('{"choices":[]}').socket?.end(), 502, 'upstream_cut'],
  ['an error object', ({ res }) => res.end('{"error":{"message":"boom","code":"x"}}'), 502, 'x'],
])('a 200 that is none: %s', async (_, script, status, code) => {
  await using rig = await Rig.start(script)
  const reply = await rig.chat()
  expect([reply.status, codeOf(reply.text), rig.seen.length]).toEqual([status, code, status === 504 ? 1 : 3])
  expect(reply.text).not.toMatch(/127\.0\.0\.1|<html/)
})

test('a refused connection is a 502', async () => {
  await using rig = await Rig.start({})
  const reply = await rig.chat()
  expect([reply.status, codeOf(reply.text)]).toEqual([502, 'upstream_unreachable'])
})

test.each<[string, Script]>([
  ['JSON', ({ res }) => head(res, 'application/json').end(JSON.stringify(completion()))],
  ['no events', ({ res }) => head(res).end()],
  ['only [DONE]', ({ res }) => sse(res, '[DONE]').end()],
  ['an in-band error behind the role', ({ res }) => sse(res, WHOLE[0], { error: { message: 'overloaded' } }, '[DONE]').end()],
])('a stream that never shows content is a failed attempt: %s', async (_, script) => {
  await using rig = await Rig.start(inTurn(script, good))
  expect(endOf(await rig.stream())).toBe('done1, clean')
  await using again = await Rig.start(script)
  const reply = await again.stream()
  expect([reply.status, again.seen.length, reply.headers['content-type']]).toEqual([502, 3, 'application/json'])
})

test('a stream is relayed event by event, each before the next is sent', async () => {
  const steps: boolean[] = []
  await using rig = await Rig.start(async ({ rig: mine, res }) => {
    for (const part of WHOLE) {
      sse(res, part)
      steps.push(await mine.callerSaw(event(part), 300))
    }
    sse(res, usageChunk, '[DONE]').end()
  })
  const reply = await rig.stream({ stream_options: { include_usage: true } })
  expect([reply.headers['content-type'], reply.headers['cache-control']]).toEqual(['text/event-stream', 'no-cache'])
  expect(steps).toEqual([true, true, true, true])
  expect(reply.text).toBe([...WHOLE, usageChunk, '[DONE]'].map(event).join(''))
})

test.each([
  ['LF', '\n'], ['CRLF', '\r\n'], ['CR', '\r'],
])('unusual but legal bytes mean the same, one at a time: %s', async (_, eol) => {
  const [first, second, ...rest] = WHOLE.map((part) => JSON.stringify(part).replace('one', 'é😀'))
  const pretty = JSON.stringify(JSON.parse(second ?? ''), null, 1).split('\n').map((line) => `data:${line}${eol}`).join('')
  const text = `\uFEFFid: 1${eol}${eol}: hello${eol}${eol}retry: 5${eol}data:${first}${eol}${eol}event: message${eol}${pretty}${eol}data:${eol}${eol}${rest.map((part) => `data: ${part}${eol}${eol}`).join('')}data:[DONE]${eol}${eol}data: {}${eol}${eol}`
  await using rig = await Rig.start(async ({ res }) => {
    head(res)
    for (const byte of Buffer.from(text)) {
      res.write(Buffer.of(byte))
      await new Promise(setImmediate)
    }
    res.end()
  })
  const reply = await rig.stream()
  expect(dataOf(reply.text).slice(0, -1).map((data) => fields(data))).toEqual([first, second, ...rest].map((part) => fields(part ?? '')))
  expect(endOf(reply)).toBe('done1, clean')
})

test.each<[string, Script]>([
  ['FIN', breakOff('fin', ...PART)],
  ['RST', breakOff('rst', ...PART)],
  ['a clean end', ({ res }) => sse(res, ...PART).end()],
  ['a stall', ({ res }) => sse(res, ...PART)],
  ['malformed JSON', ({ res }) => sse(res, ...PART, '{"choices":[', '[DONE]').end()],
  ['half an event', ({ res }) => sse(res, ...PART).end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n')],
  ['an in-band error', ({ res }) => sse(res, ...PART, { error: { message: `boom ${UPSTREAM_KEY}` } }, '[DONE]').end()],
])('a stream that broke off does not look finished: %s', async (_, script) => {
  await using rig = await Rig.start(script)
  const reply = await rig.stream()
  expect([contentOf(reply.text), endOf(reply), rig.seen.length]).toEqual(['one', 'error, cut', 1])
  expect(reply.text).not.toContain(UPSTREAM_KEY)
})

test('a stream that lacks only [DONE] gets one, and silence after the last choice is no failure', async () => {
  await using rig = await Rig.start(inTurn(({ res }) => sse(res, ...WHOLE).end(), ({ res }) => sse(res, ...WHOLE)))
  expect([endOf(await rig.stream()), endOf(await rig.stream())]).toEqual(['done1, clean', 'done1, clean'])
})

test('the total time ends a stream that drips for ever, and a flood', async () => {
  for (const pace of [(): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 20)), (): Promise<void> => new Promise(setImmediate)]) {
    await using rig = await Rig.start(async ({ res }) => {
      while (!res.destroyed) {
        sse(res, PART[1])
        await pace()
      }
    }, { timing: { totalMs: 200 } })
    const start = performance.now()
    expect(endOf(await rig.stream())).toBe('error, cut')
    expect(performance.now() - start).toBeLessThan(600)
  }
})

test('a caller who does not read holds the upstream instead of filling memory', async () => {
  let written = 0
  const big = event(chunk({ content: 'x'.repeat(60_000) }))
  await using rig = await Rig.start(({ res }) => {
    head(res)
    const more = (): void => {
      while (!res.destroyed && written < 400 * big.length && res.write(big)) written += big.length
      res.once('drain', more)
    }
    more()
  })
  const stop = new AbortController()
  const gone = rig.stream({}, { signal: stop.signal, onHead: (res) => void res.pause().removeAllListeners('data') }).catch(() => 'gone')
  await rig.until(() => false, 250)
  stop.abort()
  await gone
  expect(written).toBeLessThan(20_000_000)
})

test.each<[string, Script, string, object]>([
  ['before the head', () => {}, '', {}],
  ['in the middle of a stream', ({ res }) => sse(res, ...PART), 'one', { stream: true }],
])('a caller who leaves %s ends the upstream at once and for good', async (_, script, saw, body) => {
  // The quickest of three: a process that is stopped for a moment is no proxy that waits.
  let quickest = Number.POSITIVE_INFINITY
  for (let n = 0; n < 3; n += 1) {
    await using rig = await Rig.start(script, { timing: { firstByteMs: 2000, idleMs: 2000 } })
    const stop = new AbortController()
    const gone = rig.chat(body, { signal: stop.signal }).catch(() => 'gone')
    await rig.until(() => rig.seen.length === 1, 500)
    if (saw !== '') await rig.callerSaw(saw, 500)
    const left = performance.now()
    stop.abort()
    await rig.seen[0]?.closed
    quickest = Math.min(quickest, performance.now() - left)
    await gone
    expect(rig.seen).toHaveLength(1)
  }
  expect(quickest).toBeLessThan(100)
})

test('a caller who leaves during the backoff stops the attempts', async () => {
  await using rig = await Rig.start(refuse(503, undefined, { 'retry-after': '0.1' }))
  const stop = new AbortController()
  const gone = rig.chat({}, { signal: stop.signal }).catch(() => 'gone')
  await rig.until(() => rig.seen.length === 1, 500)
  await rig.seen[0]?.closed
  stop.abort()
  await gone
  expect(await rig.until(() => rig.seen.length > 1, 250)).toBe(false)
})

test('Retry-After is waited for up to its cap, answered at once above it, ignored when it is none', async () => {
  const limited = (value: string): Script => inTurn(refuse(429, undefined, { 'retry-after': value }), good)
  await using short = await Rig.start(limited('0.1'))
  expect((await short.chat()).status).toBe(200)
  expect((short.seen[1]?.at ?? 0) - (short.seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(99)
  await using long = await Rig.start(limited('7'))
  const reply = await long.chat()
  expect([reply.status, reply.headers['retry-after'], long.seen.length]).toEqual([429, '7', 1])
  await using odd = await Rig.start(limited('-3'))
  expect((await odd.chat()).status).toBe(200)
})

test('the chain falls back on silence, 5xx and 429, not on 4xx', async () => {
  for (const [script, status, asked] of [[() => {}, 200, 2], [refuse(500), 200, 4], [refuse(429), 200, 4], [refuse(400), 400, 1]] as [Script, number, number][]) {
    await using rig = await Rig.start({ primary: script, secondary: good })
    expect([(await rig.chat({ model: 'gauntlet-fallback' })).status, rig.seen.length]).toEqual([status, asked])
  }
})

test('the breaker opens, sheds, lets one probe through, and recovers; the other upstream is not touched', async () => {
  let healthy = false
  let before = 0
  let shedding = 0
  // The probe is answered once the seven others are, or once the upstream was asked for more than a probe.
  const probed: Script = async (x) => {
    await x.rig.until(() => shedding + x.rig.seen.length - before === 8, 1000)
    await good(x)
  }
  await using rig = await Rig.start({ primary: (x) => (healthy ? probed(x) : refuse(500)(x)), secondary: good }, { timing: { firstByteMs: 2000 } })
  for (let n = 0; n < 10; n += 1) await rig.chat()
  expect(rig.seen).toHaveLength(5)
  const shed = await rig.chat()
  expect([shed.status, shed.headers['retry-after'], (await rig.chat({ model: 'gauntlet-second' })).status]).toEqual([503, '1', 200])
  await rig.until(() => false, QUICK.breakerCooldownMs ?? 0)
  healthy = true
  before = rig.seen.length
  const herd = await Promise.all(Array.from({ length: 8 }, async () => {
    const reply = await rig.chat()
    if (reply.status === 503) shedding += 1
    rig.note(reply.status)
    return reply
  }))
  expect(herd.filter((reply) => reply.status === 200)).toHaveLength(1)
  expect((await rig.chat()).status).toBe(200)
})

test('cut streams and timeouts open the breaker; 4xx, 429 and callers who leave do not', async () => {
  const opens = async (script: Script, leave = false): Promise<boolean> => {
    await using rig = await Rig.start(script, { timing: { ...(leave ? {} : { firstByteMs: 40, idleMs: 40 }), retryAfterCapMs: 0 } })
    for (let n = 0; n < 6; n += 1) {
      const stop = new AbortController()
      const reply = rig.stream({}, { signal: stop.signal }).catch(() => null)
      if (leave) await rig.callerSaw('one', 300)
      if (leave) stop.abort()
      await reply
    }
    return codeOf((await rig.chat()).text) === 'upstream_unavailable'
  }
  expect([await opens(breakOff('rst', ...PART)), await opens(() => {}), await opens(refuse(400)), await opens(refuse(429)), await opens(({ res }) => sse(res, ...PART), true)]).toEqual([true, true, false, false, false])
})

test('readiness follows Redis, liveness does not', async () => {
  const redis = createServer((socket) => socket.on('data', () => socket.write('+PONG\r\n')))
  redis.listen(0, '127.0.0.1')
  await once(redis, 'listening')
  await using rig = await Rig.start(good, { redis: `redis://127.0.0.1:${(redis.address() as AddressInfo).port}/3` })
  const health = async (): Promise<number[]> => [(await rig.send('/health/live')).status, (await rig.send('/health/ready')).status]
  expect(await health()).toEqual([200, 200])
  redis.close()
  expect(await health()).toEqual([200, 503])
})

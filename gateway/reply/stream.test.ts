import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler } from '../test-support.ts'

const streaming = { ...chatBody, stream: true }
const first = sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'a' }))
const rest = sse(chunk({ content: 'b' }), chunk({}, 'stop'), '[DONE]')

test('lock-step: each event reaches the caller before the upstream sends the next', async () => {
  const events = [chunk({ role: 'assistant', content: '' }), ...Array.from('abcdef', (content) => chunk({ content })), chunk({}, 'stop')]
  const steps: (() => void)[] = []
  await using up = await fakeUpstream((response) => {
    answerStream(response, '')
    for (const event of [...events, '[DONE]']) steps.push(() => response.write(sse(event)))
    steps.push(() => response.end())
    steps.shift()?.()
  })
  await using gw = await startGateway(testConfig([up.baseURL]))
  const response = await open(`${gw.url}/v1/chat/completions`, streaming).response
  let text = ''
  for await (const bytes of response) {
    text += String(bytes)
    if (text.endsWith('\n\n')) steps.shift()?.()
  }
  expect(dataOf(text)).toEqual([...events, '[DONE]'])
  expect(steps).toHaveLength(0)
})

const breaks: [string, Handler, string][] = [
  ['a clean end', (response) => response.end(), 'upstream_interrupted'],
  ['a FIN without the last chunk', (response) => response.socket?.end(), 'upstream_interrupted'],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 'upstream_interrupted'],
  ['silence', () => {}, 'upstream_timeout'],
  ['half an event', (response) => response.end('data: {"choices":['), 'upstream_interrupted'],
  ['half a character', (response) => response.end(Buffer.from('data: {"choices":[{"delta":{"content":"\u754c').subarray(0, -1)), 'upstream_interrupted'],
  ['malformed JSON', (response) => response.write('data: {"choices":[{]}\n\n'), 'upstream_bad_response'],
  ['a page', (response) => response.end('<html>502</html>'), 'upstream_interrupted'],
  ['[DONE] too early', (response) => response.end(sse('[DONE]')), 'upstream_interrupted'],
  ['an error event', (response) => response.end(sse('{"error":{"message":"boom","type":"server_error","code":"x_1","param":null}}', '[DONE]')), 'x_1'],
]
test.each(breaks)('%s in the middle: an error event, then a cut', async (_name, end, code) => {
  await using up = await fakeUpstream((response, seen, nth) => {
    answerStream(response, first)
    setImmediate(() => end(response, seen, nth))
  })
  await using gw = await startGateway(testConfig([up.baseURL], { timeouts: { idleMs: 200 } }))
  const reply = await post(gw.url, streaming)
  expect(reply).toMatchObject({ status: 200, whole: false })
  const events = dataOf(reply.text)
  expect(events.slice(0, -1).join()).toBe([chunk({ role: 'assistant', content: '' }), chunk({ content: 'a' })].join())
  expect(errorOf(events.at(-1) ?? '').code).toBe(code)
  expect(reply.text).not.toMatch(/\[DONE\]|"finish_reason":"/)
  expect(up.seen).toHaveLength(1)
})

test.each([
  ['silent after [DONE]', (response) => answerStream(response, first + rest)],
  ['silent after the finish', (response) => answerStream(response, first + rest.replace('data: [DONE]\n\n', ''))],
  ['commenting for ever after the finish', (response) => {
    answerStream(response, first + rest.replace('data: [DONE]\n\n', ''))
    const timer = setInterval(() => response.write(': keep-alive\n\n'), 20)
    response.once('close', () => clearInterval(timer))
  }],
  ['reset after [DONE]', (response) => answerStream(response, first + rest).write('data: more\n\n', () => response.socket?.resetAndDestroy())],
] satisfies [string, Handler][])('an upstream that is %s: the answer ends well and at once', async (_name, handler) => {
  await using up = await fakeUpstream(handler)
  await using gw = await startGateway(testConfig([up.baseURL], { timeouts: { idleMs: 3_000 } }))
  const started = performance.now()
  const reply = await post(gw.url, streaming)
  expect(performance.now() - started).toBeLessThan(2_000)
  expect(reply).toMatchObject({ status: 200, whole: true })
  expect(contentOf(reply.text)).toBe('ab')
  expect(dataOf(reply.text).filter((data) => data === '[DONE]')).toHaveLength(1)
  await up.seen[0]?.closed
})

test('an upstream that sends comments while it thinks is not silent', async () => {
  await using up = await fakeUpstream((response) => {
    answerStream(response, first)
    let left = 12
    const timer = setInterval(() => {
      if (left-- > 0) response.write(': PROCESSING\n\n')
      else response.end(rest)
    }, 50)
    response.once('close', () => clearInterval(timer))
  })
  await using gw = await startGateway(testConfig([up.baseURL], { timeouts: { idleMs: 350 } }))
  const reply = await post(gw.url, streaming)
  expect(reply.whole).toBe(true)
  expect(contentOf(reply.text)).toBe('ab')
})

test('silence in the middle is bridged by comments, for proxies that cut idle connections', async () => {
  let finish: (() => void) | undefined
  await using up = await fakeUpstream((response) => {
    answerStream(response, first)
    finish = () => response.end(rest)
  })
  await using gw = await startGateway(testConfig([up.baseURL], { stream: { keepAliveMs: 20 }, timeouts: { idleMs: 3_000 } }))
  const response = await open(`${gw.url}/v1/chat/completions`, streaming).response
  let text = ''
  for await (const bytes of response) {
    text += String(bytes)
    if (text.split(': keep-alive\n\n').length === 4) finish?.()
  }
  expect(contentOf(text.replaceAll(': keep-alive\n\n', ''))).toBe('ab')
})

test('a connection is used again after a stream that ended well', async () => {
  const ports = new Set<number | undefined>()
  await using up = await fakeUpstream((response, seen) => {
    ports.add(seen.request.socket.remotePort)
    answerStream(response, first + rest)
    // The end of the body comes in a packet of its own, as it does from a real upstream.
    setTimeout(() => response.end(), 10)
  })
  await using gw = await startGateway(testConfig([up.baseURL]))
  for (let n = 0; n < 5; n++) {
    await post(gw.url, streaming)
    expect(await up.seen[n]?.closed).toBe(true)
  }
  // The next request may overtake the last packet and find the connection busy; it may not find it gone each time.
  expect(ports.size).toBeLessThan(5)
})

test('a caller that does not read stops the upstream; nothing is lost once it does', async () => {
  const event = sse(chunk({ content: 'x'.repeat(50_000) }))
  let sent = 0
  let total = 0
  await using up = await fakeUpstream((response) => {
    answerStream(response, '')
    const pump = (): void => {
      while (sent < 500) {
        sent++
        total += 50_000
        if (!response.write(event)) {
          response.once('drain', pump)
          return
        }
      }
      response.end(rest)
    }
    pump()
  })
  await using gw = await startGateway(testConfig([up.baseURL], { timeouts: { idleMs: 600, totalMs: 20_000 } }))
  const response = await open(`${gw.url}/v1/chat/completions`, streaming).response
  response.pause()
  // Longer than the idle limit: a slow caller is not the upstream's fault.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  expect(sent).toBeLessThan(500)
  const reply = await read(response)
  expect(reply.whole).toBe(true)
  expect(contentOf(reply.text).length).toBe(total + 1)
})

test('a caller that never reads is let go when the total time is spent', async () => {
  await using up = await fakeUpstream((response) => {
    answerStream(response, '')
    const pump = (): void => {
      while (response.write(sse(chunk({ content: 'x'.repeat(50_000) }))));
      response.once('drain', pump)
    }
    pump()
  })
  await using gw = await startGateway(testConfig([up.baseURL], { timeouts: { totalMs: 300 } }))
  const response = await open(`${gw.url}/v1/chat/completions`, streaming).response
  response.pause()
  await up.calls(1)
  expect(await up.seen[0]?.closed).toBe(false)
})

test('garbage sent behind a request does not land in its stream', async () => {
  await using up = await fakeUpstream((response) => answerStream(response, first))
  await using gw = await startGateway(testConfig([up.baseURL]))
  const body = JSON.stringify(streaming)
  const socket = connect(Number(new URL(gw.url).port), '127.0.0.1')
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${callerKey}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  // Raw bytes: an HTTP client reports the damage as a broken chunk and does not show what it was.
  let raw = ''
  for await (const bytes of socket) {
    if (raw === '') socket.write('NONSENSE\r\n\r\n')
    raw += String(bytes)
  }
  expect(raw.match(/HTTP\/1\.1/g)).toHaveLength(1)
})

test('many streams at once do not mix', async () => {
  await using up = await fakeUpstream((response, { body }) => {
    const word = /word-\d+/.exec(body)?.[0] ?? ''
    answerStream(response, '')
    let left = 10
    const step = (): void => {
      if (left-- > 0) response.write(sse(chunk({ content: word })), () => setImmediate(step))
      else response.end(sse(chunk({}, 'stop'), '[DONE]'))
    }
    step()
  })
  await using gw = await startGateway(testConfig([up.baseURL]))
  const replies = await Promise.all(Array.from({ length: 60 }, async (_none, n) => post(gw.url, { ...streaming, messages: [{ role: 'user', content: `word-${n}` }] })))
  for (const [n, reply] of replies.entries()) expect(contentOf(reply.text)).toBe(`word-${n}`.repeat(10))
})

test('the gateway is well after a storm of resets', async () => {
  let storm = true
  await using up = await fakeUpstream((response) => {
    if (storm) answerStream(response, first).write('x', () => response.socket?.resetAndDestroy())
    else answerJson(response, completion('hi'))
  })
  await using gw = await startGateway(testConfig([up.baseURL], { breaker: false }))
  await Promise.all(Array.from({ length: 50 }, async () => post(gw.url, streaming)))
  storm = false
  expect(await post(gw.url)).toMatchObject({ status: 200 })
})

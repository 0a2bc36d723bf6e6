import { expect, test } from 'vitest'
import { chatFrames } from './chat-stream.ts'
import { UpstreamError } from '../errors.ts'
import { chunk, contentOf, exchangeOf, sse } from '../test-support.ts'

const options = { choices: 1, idleMs: 1_000, finishMs: 100, maxEventChars: 2_000_000, scrub: (text: string) => text }
const done = sse(chunk({}, 'stop'), '[DONE]')
const stream = sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'héllo ' }), chunk({ content: '界 🌊' })) + done

async function relay(parts: Iterable<Buffer>, end?: unknown, overrides: Partial<typeof options> = {}) {
  let text = ''
  const exchange = exchangeOf(parts, end)
  try {
    for await (const frame of chatFrames(exchange, { ...options, ...overrides })) text += frame.text
    return { text, error: undefined }
  } catch (error) {
    return { text, error: error as UpstreamError }
  }
}

const bytes = (text: string) => [Buffer.from(text)]

test('split at every offset, the output is the same bytes', async () => {
  const all = Buffer.from(stream)
  const expected = stream.slice(0, -'data: [DONE]\n\n'.length)
  for (let at = 0; at <= all.length; at++) {
    expect(await relay([all.subarray(0, at), all.subarray(at)])).toEqual({ text: expected, error: undefined })
  }
})

const one = (text: string) => Array.from(Buffer.from(text), (byte) => Buffer.from([byte]))
test.each([
  ['LF', stream],
  ['CRLF', stream.replaceAll('\n', '\r\n')],
  ['CR', stream.replaceAll('\n', '\r')],
  ['BOM', `\uFEFF${stream}`],
  ['comments', `: hi\n\n${stream.replaceAll('data:', ': PROCESSING\ndata:')}`],
  ['no space after the colon', stream.replaceAll('data: ', 'data:')],
  ['id, retry and event fields', `retry: 5\n\nid: 1\n\n${stream.replaceAll('data:', 'event: message\nid: 7\ndata:')}`],
  ['data over two lines', stream.replaceAll('data: {', 'data: {\ndata: ')],
  ['unknown events and pings', `data: {"type":"ping"}\n\ndata:\n\n${stream}`],
  ['no blank line after [DONE]', stream.slice(0, -2)],
  ['no [DONE], clean end', stream.slice(0, -'data: [DONE]\n\n'.length)],
  ['[DONE] twice and more after it', `${stream}${sse('[DONE]', chunk({ content: 'late' }))}`],
])('%s, byte by byte: the same answer on clean frames', async (_name, text) => {
  const { text: out, error } = await relay(one(text))
  expect(error).toBeUndefined()
  expect(contentOf(out)).toBe('héllo 界 🌊')
  expect(out).not.toContain('[DONE]')
})

test.each([
  ['an end before the finish', sse(chunk({ content: 'a' })), 'cut'],
  ['[DONE] before the finish', sse(chunk({ content: 'a' }), '[DONE]'), 'cut'],
  ['half an event at the end', sse(chunk({ content: 'a' })) + 'data: {"choices":[{"ind', 'cut'],
  ['half an event after the finish', sse(chunk({ content: 'a' }), chunk({}, 'stop')) + 'data: {"choices":[],"usage":{"tot', 'cut'],
  ['nothing at all', '', 'cut'],
  ['only [DONE]', sse('[DONE]'), 'cut'],
  ['one choice of two unfinished', sse('{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"},{"index":1,"delta":{"content":"b"}}]}', '[DONE]'), 'cut'],
  ['malformed JSON', sse(chunk({ content: 'a' }), '{"choices":[') + done, 'bad-answer'],
  ['something that is no object', sse('"[DONE]"') + done, 'bad-answer'],
  ['HTML', '<html><body>502</body></html>\n\n', 'cut'],
  ['an error object', sse(chunk({ content: 'a' }), '{"error":{"message":"boom","type":"server_error"}}') + done, 'error-event'],
  ['an error string', sse('{"error":"boom"}'), 'error-event'],
  ['an error event without an error key', `event: error\ndata: {"message":"boom"}\n\n${done}`, 'error-event'],
  ['a disguised error', sse('{"detail":"boom"}'), 'cut'],
])('%s is a failure', async (_name, text, kind) => {
  for (const parts of [bytes(text), one(text)]) expect((await relay(parts)).error).toMatchObject({ kind })
})

test('an error keeps its message, type and code', async () => {
  const { error } = await relay(bytes(sse('{"error":{"message":"slow down","type":"requests","code":429,"param":"x"}}')))
  expect(error).toMatchObject({ message: 'slow down', type: 'requests', code: '429', param: 'x' })
})

test('silence after the last finish is an end, silence before it is not', async () => {
  const silence = new UpstreamError('timeout', 'GW_ERR_UPSTREAM_TIMEOUT')
  const finished = stream.slice(0, -'data: [DONE]\n\n'.length)
  expect((await relay(bytes(finished), silence)).error).toBeUndefined()
  expect((await relay(bytes(finished), silence, { choices: 2 })).error).toBe(silence)
  expect((await relay(bytes(sse(chunk({ content: 'a' }))), silence)).error).toBe(silence)
})

test('a reset after the finish is still a cut: the usage may have been lost', async () => {
  const reset = new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT')
  expect((await relay(bytes(stream.slice(0, -'data: [DONE]\n\n'.length)), reset)).error).toBe(reset)
})

test('events as large as the limit pass, larger ones fail', async () => {
  const large = sse(chunk({ content: 'x'.repeat(1_000_000) })) + done
  expect((await relay(bytes(large))).text.length).toBeGreaterThan(1_000_000)
  const tooLarge = Buffer.from(large)
  expect((await relay([tooLarge.subarray(0, 600_000), tooLarge.subarray(600_000)], undefined, { maxEventChars: 500_000 })).error).toMatchObject({ kind: 'bad-answer' })
})

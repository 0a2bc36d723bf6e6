import { expect, test } from 'vitest'
import { UpstreamError } from '../../errors.ts'
import { contentOf, dataOf, exchangeOf } from '../../test-support.ts'
import { messageFrames } from './stream.ts'
import { ended, event, overloaded, started, textBlock, thinkingBlock, toolBlock, violations } from './test-messages.ts'

const options = { idleMs: 1_000, finishMs: 100, maxEventChars: 2_000_000, includeUsage: false, scrub: (text: string) => text.replaceAll('secret', '…') }
const stream = started() + event('ping') + textBlock(0, 'héllo ', '界 🌊') + ended()

async function relay(parts: Iterable<Buffer>, overrides: Partial<typeof options> = {}, end?: unknown) {
  let text = ''
  const chunks: Record<string, unknown>[] = []
  const exchange = exchangeOf(parts, end)
  let error: UpstreamError | undefined
  try {
    for await (const frame of messageFrames(exchange, { ...options, ...overrides })) {
      text += frame.text
      chunks.push(frame.chunk)
    }
  } catch (thrown) {
    error = thrown as UpstreamError
  }
  return { text, chunks, sent: dataOf(text).map((data) => JSON.parse(data) as Record<string, unknown>), error }
}

const bytes = (text: string | Buffer) => [Buffer.from(text)]
const one = (text: string | Buffer) => Array.from(Buffer.from(text), (byte) => Buffer.from([byte]))
const head = { id: 'chatcmpl-msg_01XFDUDYJgAACzvnptvVoYEL', object: 'chat.completion.chunk', created: expect.any(Number) as number, model: 'claude-tiny' }
const piece = (delta: object, finish: string | null = null) => ({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })
const opening = piece({ role: 'assistant', content: '', refusal: null })

test('the canonical stream: the role first, each text as it came, the finish last, one id and one time on all', async () => {
  const { sent, error } = await relay(bytes(stream))
  expect(error).toBeUndefined()
  expect(sent).toEqual([opening, piece({ content: 'héllo ' }), piece({ content: '界 🌊' }), piece({}, 'stop')])
  expect(new Set(sent.map(({ created }) => created)).size).toBe(1)
  expect(sent.flatMap((chunk) => violations('ChatCompletionChunk', chunk))).toEqual([])
})

test('split at every offset, the output is the same', async () => {
  const all = Buffer.from(stream)
  const timeless = async (parts: Buffer[]) => (await relay(parts)).text.replaceAll(/"created":\d+/g, '')
  const expected = await timeless([all])
  for (let at = 0; at <= all.length; at++) expect(await timeless([all.subarray(0, at), all.subarray(at)])).toBe(expected)
})

test.each([
  ['CRLF', stream.replaceAll('\n', '\r\n')],
  ['a ping between any two events', stream.replaceAll('\n\n', `\n\n${event('ping')}`)],
  ['comments', stream.replaceAll('event:', ': hm\nevent:')],
  ['events and deltas nobody knows', started() + event('content_block_delta', { index: 0, delta: { type: 'of_next_year' } }) + event('of_next_year') + stream.slice(started().length)],
  ['thoughts', started() + thinkingBlock(0, 'hm') + textBlock(1, 'héllo ', '界 🌊') + ended()],
  ['more after the end', stream + textBlock(1, 'late')],
  ['no blank line after the end', stream.slice(0, -2)],
])('%s, byte by byte: the same text', async (_name, text) => {
  const { text: out, error } = await relay(one(text))
  expect(error).toBeUndefined()
  expect(contentOf(out)).toBe('héllo 界 🌊')
})

test('tools: indexes count the tools, not the blocks, and the arguments come in the pieces they came in', async () => {
  const text = started() + textBlock(0, 'let me see') + toolBlock(1, 'toolu_1', 'weather', '', '{"city":', ' "Bern"}') + toolBlock(2, 'toolu_2', 'clock', '') + ended('tool_use')
  const { sent, error } = await relay(one(text))
  expect(error).toBeUndefined()
  expect(sent).toEqual([
    opening,
    piece({ content: 'let me see' }),
    piece({ tool_calls: [{ index: 0, id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '' } }] }),
    piece({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
    piece({ tool_calls: [{ index: 0, function: { arguments: ' "Bern"}' } }] }),
    piece({ tool_calls: [{ index: 1, id: 'toolu_2', type: 'function', function: { name: 'clock', arguments: '' } }] }),
    // Nothing was streamed for it, and '' is not JSON.
    piece({ tool_calls: [{ index: 1, function: { arguments: '{}' } }] }),
    piece({}, 'tool_calls'),
  ])
  expect(sent.flatMap((chunk) => violations('ChatCompletionChunk', chunk))).toEqual([])
})

test('tokens are sent to who asked for them, and known to the gateway in any case', async () => {
  const text = started({ input_tokens: 3, cache_read_input_tokens: 40, output_tokens: 1 }) + textBlock(0, 'a') + ended('end_turn', { input_tokens: null, output_tokens: 20 })
  const usage = { prompt_tokens: 43, completion_tokens: 20, total_tokens: 63, prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 0 } }
  const asked = await relay(bytes(text), { includeUsage: true })
  expect(asked.sent.map((chunk) => chunk['usage'])).toEqual([null, null, null, usage])
  expect(asked.sent.at(-1)).toEqual({ ...head, choices: [], usage })
  expect(asked.sent.flatMap((chunk) => violations('ChatCompletionChunk', chunk))).toEqual([])
  const silent = await relay(bytes(text))
  expect(silent.text).not.toContain('usage')
  expect(silent.chunks.at(-1)).toMatchObject({ usage })
})

test.each([
  ['an end before the finish', started() + textBlock(0, 'a'), 'cut'],
  ['an end between the stop reason and the end', stream.slice(0, -event('message_stop').length), 'cut'],
  ['an end without a stop reason', started() + textBlock(0, 'a') + event('message_stop'), 'cut'],
  ['half an event', `${started()}event: content_block_delta\ndata: {"type":"content_bl`, 'cut'],
  ['half a character', Buffer.from(`${started()}event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"界`).subarray(0, -1), 'cut'],
  ['nothing at all', '', 'cut'],
  ['HTML', '<html><body>502</body></html>\n\n', 'cut'],
  ["a stream in OpenAI's dialect", 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n', 'cut'],
  ['malformed JSON', `${started()}event: content_block_delta\ndata: {"type":\n\n`, 'bad-answer'],
  ['text before the beginning', textBlock(0, 'a') + ended(), 'bad-answer'],
  ['a beginning without a message', event('message_start') + ended(), 'bad-answer'],
  ['an error', started() + textBlock(0, 'a') + event('error', overloaded), 'error-event'],
  ['an error in place of the beginning', event('error', overloaded), 'error-event'],
])('%s is a failure, and no finish is made up', async (_name, text, kind) => {
  for (const parts of [bytes(text), one(text)]) {
    const { error, text: out } = await relay(parts)
    expect(error).toMatchObject({ kind })
    expect(out).not.toMatch(/"finish_reason":"/)
  }
})

test('silence after the stop reason is no end: `message_stop` is never left out', async () => {
  const silence = new UpstreamError('timeout', 'GW_ERR_UPSTREAM_TIMEOUT')
  const { error, text } = await relay(bytes(stream.slice(0, -event('message_stop').length)), {}, silence)
  expect(error).toBe(silence)
  expect(text).not.toMatch(/"finish_reason":"/)
})

test("an error event has OpenAI's words, and its text is scrubbed", async () => {
  expect((await relay(bytes(event('error', overloaded)))).error).toMatchObject({ message: 'Overloaded', type: 'service_unavailable_error', code: 'server_is_overloaded' })
  expect((await relay(bytes(event('error', { error: { type: 'invalid_request_error', message: 'the secret' } })))).error).toMatchObject({ message: 'the …', type: 'invalid_request_error' })
})

test('events as large as the limit pass, larger ones fail', async () => {
  const large = started() + textBlock(0, 'x'.repeat(1_000_000)) + ended()
  expect(contentOf((await relay(bytes(large))).text)).toHaveLength(1_000_000)
  const all = Buffer.from(large)
  expect((await relay([all.subarray(0, 600_000), all.subarray(600_000)], { maxEventChars: 500_000 })).error).toMatchObject({ kind: 'bad-answer' })
})

test('the role alone commits nothing; text, a tool and the finish do', async () => {
  const contents: boolean[] = []
  const exchange = exchangeOf(bytes(started() + textBlock(0, 'a') + toolBlock(1, 't', 'f', '{}') + ended()))
  for await (const frame of messageFrames(exchange, options)) if (frame.text !== '') contents.push(frame.content)
  expect(contents).toEqual([false, true, true, true, true])
})

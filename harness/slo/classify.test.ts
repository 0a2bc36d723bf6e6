import { describe, expect, it } from 'vitest'
import { classify, eventData } from './k6/classify.ts'

const json = (status: number, body: unknown) => classify({ status, body: typeof body === 'string' ? body : JSON.stringify(body), transport: '' }, false)
const stream = (...events: string[]) => classify({ status: 200, body: events.map((data) => `data: ${data}\n\n`).join(''), transport: '' }, true)

const WORD = '{"choices":[{"index":0,"delta":{"content":"sun"}}]}'
const STOP = '{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'

describe('a JSON answer', () => {
  it('is ok with a message in its first choice', () => {
    expect(json(200, { choices: [{ message: { role: 'assistant', content: 'sun' } }] })).toEqual({ outcome: 'ok', reason: 'ok' })
  })

  it.each([
    [200, {}, 'error', 'no-choices'],
    [200, { choices: [] }, 'error', 'no-choices'],
    [200, '<html>welcome</html>', 'error', 'not-json'],
    [200, '', 'error', 'not-json'],
    [200, { error: { message: 'x' } }, 'error', 'error-in-200'],
    [302, '', 'error', 'http-302'],
    [404, {}, 'error', 'http-404'],
    [502, {}, 'error', 'http-502'],
    [429, {}, 'policy', 'http-429'],
    [401, {}, 'policy', 'http-401'],
    [400, { error: { code: 'content_filter' } }, 'policy', 'content-policy'],
    [400, { type: 'https://example.test/guardrail', title: 'no' }, 'policy', 'content-policy'],
    [400, { error: { type: 'invalid_request_error', code: null } }, 'error', 'http-400'],
  ])('%i with %j is %s (%s)', (status, body, outcome, reason) => {
    expect(json(status, body)).toEqual({ outcome, reason })
  })
})

describe('a stream', () => {
  it('is ok with content, finish_reason and [DONE]', () => expect(stream(WORD, STOP, '[DONE]').outcome).toBe('ok'))

  it.each([
    ['no [DONE]', [WORD, STOP], 'no-done'],
    ['[DONE] without finish_reason', [WORD, '[DONE]'], 'no-finish-reason'],
    ['nothing but [DONE]', ['[DONE]'], 'no-choices'],
    ['an error event', [WORD, '{"error":{"message":"upstream died"}}', '[DONE]'], 'error-in-stream'],
    ['a chunk that is cut', [WORD, '{"choices":[{"del'], 'bad-chunk'],
    ['no events at all', [], 'no-choices'],
  ])('with %s is an error', (_, events, reason) => {
    expect(stream(...events)).toEqual({ outcome: 'error', reason })
  })

  it('may carry usage, comments, CRLF and a BOM', () => {
    const body = `\uFEFF: hello\r\n\r\ndata:${WORD}\r\n\r\ndata: ${STOP}\r\n\r\ndata: {"choices":[],"usage":{"total_tokens":3}}\r\n\r\ndata: [DONE]`
    expect(classify({ status: 200, body, transport: '' }, true).outcome).toBe('ok')
  })

  it('joins the data lines of one event', () => expect(eventData('data: a\ndata: b\n\ndata: c\n\n')).toEqual(['a\nb', 'c']))
})

describe('no answer', () => {
  it('is the target’s fault unless the load generator ran out of something', () => {
    expect(classify({ status: 0, body: '', transport: 'connection reset by peer' }, false)).toEqual({ outcome: 'error', reason: 'transport' })
    expect(classify({ status: 0, body: '', transport: 'dial tcp: socket: too many open files' }, false).outcome).toBe('unsent')
  })
})

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { measureStream, type StreamRecord } from './stream-client.ts'
import { probeStreams, summariseStreams } from './streams.ts'

const record = (changes: Partial<StreamRecord> = {}): StreamRecord => ({
  nonce: 'n', startedAt: 0, status: 200, ttfbMs: 10, ttftContentMs: 300, gapsMs: [20, 20, 20], totalMs: 380, outcome: 'ok', reason: 'ok', ...changes,
})

describe('summariseStreams', () => {
  it('keeps first byte, first content and gaps apart', () => {
    expect(summariseStreams([record(), record({ ttfbMs: 30, ttftContentMs: 500, totalMs: 580 })], 3, 1)).toMatchObject({
      n: 2, complete: 2, truncated: 0, buffered: 0, ttfbMs: { p50: 20 }, ttftContentMs: { p50: 400, p95: 490 }, chunkGapMs: { p95: 20 },
    })
  })

  it('a stream that broke off lends its speed to nothing', () => {
    const cut = record({ outcome: 'error', reason: 'cut', ttftContentMs: 1, totalMs: 2 })
    expect(summariseStreams([record(), cut, record({ outcome: 'error', reason: 'http-502' })], 3, 1)).toMatchObject({ n: 3, complete: 1, truncated: 1, failed: 1, ttftContentMs: { p50: 300 } })
  })

  it('notes a stream whose content came all at the end, if it was long enough to tell', () => {
    const late = record({ ttftContentMs: 375, gapsMs: [0, 0, 1] })
    const thoughtLongThenSpokeFast = record({ ttftContentMs: 3000, gapsMs: [20, 20, 20], totalMs: 3060 })
    const instant = record({ ttfbMs: 3, ttftContentMs: 4, gapsMs: [0, 0, 0], totalMs: 4 })
    expect(summariseStreams([late, instant, { ...late, gapsMs: [0] }, thoughtLongThenSpokeFast, record()], 3, 1).buffered).toBe(1)
  })

  it('has no numbers without streams', () => {
    expect(summariseStreams([record({ outcome: 'unsent' })], 3, 1)).toMatchObject({ n: 0, ttfbMs: { p50: null, p95: null } })
  })
})

async function against<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
const request = (url: string, timeoutMs = 2000) => ({ url, headers: {}, model: 'm', nonce: 'n-1', maxTokens: 8, timeoutMs, signal: new AbortController().signal })
const word = 'data: {"choices":[{"delta":{"content":"sun "}}]}\n\n'
const rest = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

describe('measureStream', () => {
  it('does not take early headers or a role chunk for the first content', async () => {
    const result = await against((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n')
      setTimeout(() => response.write(word), 400)
      setTimeout(() => response.end(word + rest), 430)
    }, (url) => measureStream(request(url), 0))
    expect(result).toMatchObject({ outcome: 'ok', status: 200 })
    expect(result.ttfbMs).toBeLessThan(350)
    expect(result.ttftContentMs).toBeGreaterThan(395)
    expect(result.gapsMs).toHaveLength(1)
  })

  it.each([
    ['a socket cut in mid-stream', (response: { destroy: () => void }) => response.destroy(), 'cut'],
    ['a clean end without [DONE]', (response: { end: () => void }) => response.end(), 'no-done'],
  ])('tells %s from a finished stream', async (_, finish, reason) => {
    const result = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(word)
      setTimeout(() => finish(response), 20)
    }, (url) => measureStream(request(url), 0))
    expect(result).toMatchObject({ outcome: 'error', reason })
  })

  it('ends by its own timeout against a target that never answers', async () => {
    expect(await against(() => undefined, (url) => measureStream(request(url, 80), 0))).toMatchObject({ outcome: 'timeout', ttfbMs: null })
  })

  it('survives a target that is not there', async () => {
    expect(await measureStream(request('http://127.0.0.1:9/v1/chat/completions'), 0)).toMatchObject({ outcome: 'error', reason: 'transport' })
  })
})

it('the probe stops with its signal', async () => {
  const controller = new AbortController()
  const records: StreamRecord[] = []
  const done = against((_, response) => response.end(word + rest), (url) =>
    probeStreams({ ...request(url), run: 'r', rate: 5, durationMs: 60_000, signal: controller.signal, onRecord: (value) => {
      records.push(value)
      controller.abort()
    } }))
  expect(await done).toBeGreaterThanOrEqual(0)
  expect(records.map(({ outcome, nonce }) => [outcome, nonce])).toEqual([['ok', 'slo-r-s0']])
})

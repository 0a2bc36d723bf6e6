import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { secretMark, Secrets } from '../evidence/secrets.ts'
import { exchange } from './exchange.ts'
import type { ExchangeOptions } from './exchange.ts'

const KEY = 'sk-canary-0123456789'
type Answer = (socket: Socket, request: string) => unknown

/** A server that writes what it likes once a request's head is there; its connections end with it. */
const server = async (answer: Answer): Promise<AsyncDisposable & { url: URL }> => {
  const sockets = new Set<Socket>()
  const listening = createServer((socket) => {
    let seen = ''
    let answered = false
    sockets.add(socket)
    socket.on('error', () => undefined).on('data', (part: Buffer) => {
      seen += part.toString('latin1')
      if (answered || !seen.includes('\r\n\r\n')) return
      answered = true
      answer(socket, seen)
    })
  })
  await once(listening.listen(0, '127.0.0.1'), 'listening')
  const address = listening.address()
  return {
    url: new URL(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1/chat/completions`),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await listening[Symbol.asyncDispose]()
    },
  }
}
const talk = (url: URL, more: Partial<ExchangeOptions> = {}) =>
  exchange({ nonce: 'n1-f0', window: 'fault', label: 'request', url, method: 'POST', headers: {}, body: '{}', stream: false, secrets: new Secrets({ 'caller-key': KEY }), giveUpMs: 5000, ...more })
const get = async (answer: Answer, more: Partial<ExchangeOptions> = {}) => {
  await using listening = await server(answer)
  return await talk(listening.url, more)
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: text/event-stream\r\n\r\n'
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`
/** Waits, and until what was written before can have been read: a timer alone may be due at once in a process that was stopped. */
const readable = async (ms: number): Promise<void> => {
  await sleep(ms)
  await nextTurn()
}
const reset = (socket: Socket): void => void setTimeout(() => socket.resetAndDestroy(), 20)

describe('how an answer ends', () => {
  test.each<[string, string, number | null, Answer]>([
    ['complete: content-length', 'complete', 200, (s) => s.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')],
    ['complete: chunked', 'complete', 200, (s) => s.end(`${CHUNKED}${chunk('ok')}0\r\n\r\n`)],
    ['complete: kept alive and never closed', 'complete', 200, (s) => s.write(`HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok`)],
    ['complete: 204', 'complete', 204, (s) => s.write('HTTP/1.1 204 No Content\r\n\r\n')],
    // RFC 9112, 6.3: without either length the close is the end, so a FIN cuts nothing that could be known …
    ['complete: delimited by the close', 'complete', 200, (s) => s.end('HTTP/1.1 200 OK\r\n\r\nok')],
    // … and a reset still does.
    ['reset: delimited by the close', 'reset', 200, (s) => s.write('HTTP/1.1 200 OK\r\n\r\nok', () => reset(s))],
    ['cut: FIN inside chunked', 'cut', 200, (s) => s.end(`${CHUNKED}${chunk('ok')}`)],
    ['cut: FIN inside a chunk', 'cut', 200, (s) => s.end(`${CHUNKED}ff\r\nok`)],
    ['cut: content-length short', 'cut', 200, (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok')],
    ['cut: FIN before the head', 'cut', null, (s) => s.end()],
    ['cut: FIN inside the head', 'cut', null, (s) => s.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['cut: not HTTP', 'cut', null, (s) => s.end('I am a teapot\r\n\r\n')],
    ['reset: before the head', 'reset', null, (s) => reset(s)],
    ['reset: inside chunked', 'reset', 200, (s) => s.write(`${CHUNKED}${chunk('ok')}`, () => reset(s))],
  ])('%s', async (_, how, status, answer) => {
    const result = await get(answer)
    expect(result).toMatchObject({ how, status })
    expect(result.records.at(-1)).toMatchObject({ kind: 'end', how })
    expect(result.text).toBe(status === 200 ? 'ok' : '')
  })

  test('refused: nobody listens', async () => {
    let url: URL
    {
      await using listening = await server(() => undefined)
      url = listening.url
    }
    expect(await talk(url)).toMatchObject({ how: 'refused', status: null })
  })

  test('gave up: nothing came in time, and the socket is closed', async () => {
    const closed = Promise.withResolvers<void>()
    const result = await get((s) => s.on('close', () => closed.resolve()), { giveUpMs: 40 })
    expect(result).toMatchObject({ how: 'gave-up', status: null })
    expect(result.records.at(-1)).toMatchObject({ detail: 'nothing ended it within 40 ms' })
    await closed.promise
  })

  test('aborted: in mid-stream, before the head, and before it began', async () => {
    for (const when of ['in mid-stream', 'before the head', 'before it began']) {
      const stop = new AbortController()
      if (when === 'before it began') stop.abort()
      const closed = Promise.withResolvers<void>()
      const answer: Answer = (s) => {
        s.on('close', () => closed.resolve())
        if (when === 'before the head') stop.abort()
        else s.write(`${CHUNKED}${chunk('data: {"delta":{"content":"a"}}\n\n')}`)
      }
      const result = await get(answer, { stream: true, signal: stop.signal, onWord: () => stop.abort() })
      expect(result, when).toMatchObject({ how: 'aborted', status: when === 'in mid-stream' ? 200 : null })
      expect(result.records.filter((r) => r.kind === 'abort')).toHaveLength(1)
      if (when !== 'before it began') await closed.promise
    }
  })

  test('1xx is not the answer', async () => {
    const result = await get((s) => s.write('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))
    expect(result).toMatchObject({ how: 'complete', status: 200, text: 'ok' })
    expect(result.records.filter((r) => r.kind === 'head')).toHaveLength(1)
  })

  test('an answer that comes before the request was sent is still the answer', async () => {
    const big = 'x'.repeat(5_000_000)
    const text = 'HTTP/1.1 413 Content Too Large\r\ncontent-length: 7\r\nconnection: close\r\n\r\ntoo big'
    expect(await get((s) => s.end(text), { body: big }), 'closes').toMatchObject({ how: 'complete', status: 413, text: 'too big' })
    expect(await get((s) => s.write(text, () => s.destroySoon()), { body: big }), 'destroys').toMatchObject({ how: 'complete', status: 413, text: 'too big' })
  })

  test('a socket that dies after the answer raises nothing', async () => {
    const gone = Promise.withResolvers<void>()
    const result = await get((s) => {
      s.on('close', () => gone.resolve())
      s.write('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok', () => setImmediate(() => s.resetAndDestroy()))
    })
    expect(result.how).toBe('complete')
    await gone.promise
  })
})

describe('what is recorded', () => {
  test('request, head with its headers in order, bytes as they came, end; times never go back', async () => {
    const parts = ['one', 'two', 'three']
    const { records } = await get(async (s) => {
      s.setNoDelay(true).write('HTTP/1.1 200 OK\r\nX-B: 1\r\nX-A: 2\r\nX-B: 3\r\ncontent-length: 11\r\n\r\n')
      for (const part of parts) {
        await readable(15)
        s.write(part)
      }
    }, { headers: { authorization: `Bearer ${KEY}` }, body: `{"a":"${KEY}"}` })
    expect(records.map((r) => r.kind)).toEqual(['request', 'head', 'bytes', 'bytes', 'bytes', 'end'])
    expect(records[1]).toMatchObject({ status: 200, headers: [['X-B', '1'], ['X-A', '2'], ['X-B', '3'], ['content-length', '11']] })
    expect(records.flatMap((r) => (r.kind === 'bytes' ? [Buffer.from(r.data, 'base64').toString()] : []))).toEqual(parts)
    const times = records.map((r) => r.t)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect((times[4] ?? 0) - (times[2] ?? 0)).toBeGreaterThan(15)
    expect(JSON.stringify(records)).not.toContain(KEY)
  })

  test('a secret is replaced in headers and in bytes, also across two chunks', async () => {
    const body = `before ${KEY} after`
    const { records, text } = await get(async (s) => {
      s.setNoDelay(true).write(`HTTP/1.1 200 OK\r\nx-leak: ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 12)}`)
      await readable(20)
      s.write(body.slice(12))
    })
    const sizes = records.flatMap((r) => (r.kind === 'bytes' ? [Buffer.from(r.data, 'base64').length] : []))
    expect(sizes).toEqual([12, body.length - 12])
    const mark = secretMark('caller-key', KEY.length)
    expect(text).toBe(`before ${mark} after`)
    expect(JSON.stringify(records)).not.toContain(KEY)
    expect(records[1]).toMatchObject({ headers: expect.arrayContaining([['x-leak', mark]]) })
  })

  test('words are counted as they come, whatever the chunks; the empty ones are not words', async () => {
    const counts: number[] = []
    const event = (content: string): string => `data: {"choices":[{"delta":{"content": ${JSON.stringify(content)}}}]}\n\n`
    const text = [event(''), event('a'), event('é–🦊'), 'data: [DONE]\n\n'].join('')
    await get((s) => {
      s.write(CHUNKED)
      for (const byte of Buffer.from(text)) s.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]))
      s.end('0\r\n\r\n')
    }, { stream: true, onWord: (count) => counts.push(count) })
    expect(counts).toEqual([1, 2])
  })

  test('the request goes out as it was given', async () => {
    const seen = Promise.withResolvers<string>()
    await get((s, request) => {
      seen.resolve(request)
      s.end('HTTP/1.1 204 No Content\r\n\r\n')
    }, { method: 'GET', headers: { 'x-request-id': 'n1-f0' } })
    expect(await seen.promise).toMatch(/^GET \/v1\/chat\/completions HTTP\/1\.1\r\nx-request-id: n1-f0\r\n/)
  })
})

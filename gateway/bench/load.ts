import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { quantile } from './stats.ts'

const key = 'bench-key-0001'
let serial = 0

/** A prompt that nobody asked before, so that no cache answers it. */
function prompt(stream: boolean): string {
  const content = `Question ${++serial}: ${'which word follows the last one, and why? '.repeat(4)}`
  return JSON.stringify({ model: 'chat', messages: [{ role: 'system', content: 'You answer briefly.' }, { role: 'user', content }], temperature: 0.2, ...(stream ? { stream: true } : {}) })
}

const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }

/** The caller's key, for configs. */
export const benchKey = key

async function one(pool: Pool): Promise<number> {
  const started = performance.now()
  const { statusCode, body } = await pool.request({ method: 'POST', path: '/v1/chat/completions', headers, body: prompt(false) })
  const bytes = await body.arrayBuffer()
  if (statusCode !== 200 || bytes.byteLength < 300) throw new Error(`A request of the benchmark got status ${statusCode} and ${bytes.byteLength} bytes.`)
  return performance.now() - started
}

export interface Closed {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** Closed model: so many callers, each asking again as soon as it was answered, for `ms`. Latencies in milliseconds. */
export async function closedLoad(url: string, callers: number, ms: number): Promise<Closed> {
  const pool = new Pool(url, { connections: callers, pipelining: 1 })
  const latencies: number[] = []
  const started = performance.now()
  const until = started + ms
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < until) latencies.push(await one(pool))
  }))
  const seconds = (performance.now() - started) / 1000
  await pool.destroy()
  return { perSecond: latencies.length / seconds, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

/** Open model: `perSecond` requests whatever the answers take, for `ms`; latency counts from when a request was due. */
export async function openLoad(url: string, perSecond: number, ms: number): Promise<{ readonly p50: number; readonly p99: number }> {
  const pool = new Pool(url, { connections: 256, pipelining: 1 })
  const latencies: number[] = []
  const running: Promise<void>[] = []
  const started = performance.now()
  const total = Math.floor((perSecond * ms) / 1000)
  for (let n = 0; n < total; n++) {
    const due = started + (n * 1000) / perSecond
    const wait = due - performance.now()
    if (wait > 1) await sleep(wait)
    running.push(one(pool).then(() => void latencies.push(performance.now() - due)))
  }
  await Promise.all(running)
  await pool.destroy()
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) }
}

export interface Streamed {
  /** From the request to the first chunk with content, in milliseconds. */
  readonly ttftP50: number
  /** From the upstream's write of a chunk to the caller having it, in milliseconds. */
  readonly transitP50: number
  readonly transitP99: number
}

const stamp = /t(\d{10,}) /g

/**
 * Streams, `concurrent` at a time until `total` are through, `chunks` each, `gapMs` apart. With `abortAfter` the callers leave after that many chunks.
 * What the first `settle` streams show is not counted: a process that was idle has given most of its young heap back, and collects every half
 * second until it has grown again.
 */
export async function streamLoad(url: string, options: { concurrent: number; total: number; chunks: number; gapMs: number; abortAfter?: number; settle?: number }): Promise<Streamed> {
  const { concurrent, total, chunks, gapMs, abortAfter = Number.POSITIVE_INFINITY, settle = 0 } = options
  const pool = new Pool(url, { connections: concurrent, pipelining: 1 })
  const ttft: number[] = []
  const transit: number[] = []
  let next = 0
  const caller = async (): Promise<void> => {
    // Callers begin spread over the life of a stream, as if it had long been so: two hundred requests in one moment measure a queue, not a stream.
    await sleep(Math.random() * gapMs * chunks)
    for (let nth = next++; nth < total; nth = next++) {
      const isCounted = nth >= settle
      const abort = new AbortController()
      const started = performance.now()
      const { statusCode, body } = await pool.request({ method: 'POST', path: '/v1/chat/completions', headers: { ...headers, 'user-agent': `bench chunks=${chunks} gap=${gapMs}` }, body: prompt(true), signal: abort.signal })
      if (statusCode !== 200) throw new Error(`A stream of the benchmark got status ${statusCode}.`)
      let seen = 0
      let tail = ''
      try {
        for await (const bytes of body) {
          const now = process.hrtime.bigint()
          const text = tail + String(bytes)
          let read = 0
          for (const match of text.matchAll(stamp)) {
            if (seen++ === 0 && isCounted) ttft.push(performance.now() - started)
            if (isCounted) transit.push(Number(now - BigInt(match[1] ?? 0)) / 1e6)
            read = match.index + match[0].length
          }
          tail = text.slice(read).slice(-64)
          if (seen >= abortAfter) abort.abort()
        }
      } catch (error) {
        if (!abort.signal.aborted) throw error
      }
      if (!abort.signal.aborted && seen !== chunks) throw new Error(`A stream of the benchmark had ${seen} of ${chunks} chunks.`)
    }
  }
  await Promise.all(Array.from({ length: concurrent }, caller))
  await pool.destroy()
  return { ttftP50: quantile(ttft, 0.5), transitP50: quantile(transit, 0.5), transitP99: quantile(transit, 0.99) }
}

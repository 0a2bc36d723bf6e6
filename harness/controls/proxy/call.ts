import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { Breaker, Ticket } from './breaker.ts'
import type { AnswerCache, Kept } from './cache.ts'
import type { Lane } from './config.ts'
import { asFailure, Failure } from './failure.ts'
import type { Slots } from './queue.ts'
import { redactAnswer } from './redact.ts'
import type { Caller } from './seams.ts'
import { keptAlive, type Sink } from './sink.ts'
import { begin, relay, type Chunks } from './stream.ts'
import { collect, open, refusal, type Setup } from './upstream.ts'

/** One request of a caller on its way. */
export interface Call {
  id: string
  caller: Caller
  path: string
  lanes: Lane[]
  model: string
  body: string
  stream: boolean
  headers: IncomingHttpHeaders
  /** On the clock of `performance.now()`. */
  deadline: number
  phase: 'asking' | 'pausing' | 'relaying'
  signal: AbortSignal
  /** Ends the upstream side at once; a Failure as reason is shown to the caller. */
  abort(reason?: Failure): void
}

export interface Proxy extends Setup {
  breakerOf(lane: Lane): Breaker
  cache: AnswerCache
  slots: Slots
}

type Answer = { ticket: Ticket; text: string; chunks?: never } | { ticket: Ticket; chunks: Chunks }

async function attempt(proxy: Proxy, call: Call, lane: Lane, ticket: Ticket): Promise<Answer> {
  const wire = await open(proxy, call, lane)
  try {
    const status = wire.res.statusCode ?? 0
    if (status === 200 && call.stream) return { ticket, chunks: await begin(proxy, call, wire) }
    // An error status stands, whatever becomes of its body.
    if (status !== 200) throw refusal(proxy, status, await collect(proxy, call, wire).catch(() => ''), wire.res.headers['retry-after'] ?? null)
    const text = await collect(proxy, call, wire)
    try {
      proxy.seams.checkAnswer(text, call)
    } catch {
      throw refusal(proxy, status, text, null)
    }
    return { ticket, text }
  } catch (error) {
    wire.res.destroy()
    throw error
  }
}

function pause(call: Call, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = (): void => {
    clearTimeout(timer)
    call.signal.removeEventListener('abort', done)
    resolve()
  }
  const timer = setTimeout(done, ms)
  call.signal.addEventListener('abort', done)
  return promise
}

const left = (call: Call): Failure =>
  call.signal.reason instanceof Failure ? call.signal.reason : new Failure({ origin: 'abort', status: 499, message: 'The caller left.' })

const shed = (breaker: Breaker): Failure =>
  new Failure({ origin: 'open', status: 503, message: 'The upstream is failing; it is not asked for now.', code: 'upstream_unavailable', retryAfter: String(breaker.retryAfterSeconds) })

/** Asks lane after lane, attempt after attempt, until one answers or nothing is left to try. */
async function ask(proxy: Proxy, call: Call): Promise<Answer> {
  const { seams, numbers } = proxy
  let last: Failure | null = null
  for (const lane of seams.chain(call.lanes)) {
    const attempts = seams.attempts(numbers.retries)
    for (let number = 1; number <= attempts; number += 1) {
      const ticket = proxy.breakerOf(lane).admit(seams.asksBreaker(number))
      if (ticket === null) {
        if (number === 1) last = shed(proxy.breakerOf(lane))
        break
      }
      call.phase = 'asking'
      try {
        return await attempt(proxy, call, lane, ticket)
      } catch (error) {
        last = call.signal.aborted ? left(call) : asFailure(error)
      }
      ticket.settle(seams.trips(last) ? 'failed' : 'neutral')
      const retry = call.signal.aborted ? 'never' : seams.retryable(last)
      if (retry === 'never') throw last
      const asked = seams.retryAfterMs(last.retryAfter) ?? 0
      const wait = Math.max(asked, seams.backoffMs(number - 1, numbers))
      if (retry === 'next' || number === attempts || asked > numbers.retryAfterCapMs || performance.now() + wait >= call.deadline) break
      call.phase = 'pausing'
      await pause(call, wait)
      if (call.signal.aborted) throw left(call)
    }
  }
  throw last ?? asFailure(null)
}

/** Answers one call: with what was kept of it, or with the upstream's answer or stream; throws the failure the caller shall see. */
export async function serve(proxy: Proxy, call: Call, res: ServerResponse): Promise<void> {
  const { seams, cache, slots } = proxy
  const key = seams.cacheKey(call)
  const kept = cache.find(key)
  if (kept !== undefined) return replay(proxy, call, res, kept)
  const release = await slots.enter(call.signal)
  if (release === null) throw left(call)
  try {
    await fetched(proxy, call, res, (made) => cache.keep(key, made))
  } catch (error) {
    const failure = asFailure(error)
    if (seams.keeps(failure)) cache.keep(key, { kind: 'failure', failure })
    throw error
  } finally {
    release()
  }
}

async function replay(proxy: Proxy, call: Call, res: ServerResponse, kept: Kept): Promise<void> {
  if (kept.kind === 'failure') throw kept.failure
  if (kept.kind === 'json') {
    res.writeHead(200, { 'content-type': 'application/json' }).end(kept.text)
    return
  }
  const sink = opened(proxy, call, res)
  for (const event of proxy.seams.replay(kept.events)) await sink.write(event)
  sink.end(proxy.seams.done)
}

function opened({ seams, numbers }: Proxy, call: Call, res: ServerResponse): Sink {
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
  const sink = seams.sink(res, seams.streamHeaders(headers), () => Math.max(0, call.deadline - performance.now()))
  return keptAlive(sink, res, seams.keepAliveMs(numbers.keepAliveMs), seams.keepAliveText)
}

async function fetched(proxy: Proxy, call: Call, res: ServerResponse, keep: (kept: Kept) => void): Promise<void> {
  const { seams } = proxy
  const answer = await ask(proxy, call)
  call.phase = 'relaying'
  if (answer.chunks === undefined) {
    answer.ticket.settle('ok')
    const text = (await seams.payload(redactAnswer(answer.text, () => seams.redactor()), call, () => {})) ?? ''
    keep({ kind: 'json', text })
    res.writeHead(200, { 'content-type': 'application/json' }).end(text)
    return
  }
  const events: string[] = []
  const caller = opened(proxy, call, res)
  const sink: Sink = {
    ...caller,
    write(event) {
      events.push(event)
      return caller.write(event)
    },
  }
  const again = async (): Promise<void> => {
    const next = await ask(proxy, call)
    if (next.chunks !== undefined) await finish(next.ticket, next.chunks)
  }
  const finish = async (ticket: Ticket, chunks: Chunks): Promise<void> => {
    let failure: Failure | null = null
    try {
      failure = await relay(proxy, call, sink, chunks, again)
    } catch (error) {
      failure = asFailure(error)
      sink.fail(failure)
    }
    if (seams.keeps(failure)) keep({ kind: 'stream', events })
    ticket.settle(failure === null ? 'ok' : seams.trips(failure) ? 'failed' : 'neutral')
  }
  await finish(answer.ticket, answer.chunks)
}

import type { Usage } from '../check/usage.ts'
import type { Served } from '../route/registry.ts'

/**
 * What one request came to, gathered on its way and read once at its end by the log, the metrics, the budgets and the trace span. Never text of a prompt or an answer, never a key.
 *
 * A class, so that all have one shape from their begin: everything reads and writes them, and objects that grow field by field make each of these places slow.
 */
export class Trace {
  /** When the request came, by performance.now(). */
  readonly startedAt = performance.now()
  attempts = 0
  stream = false
  /** The failed attempts behind the result, in order. */
  readonly failures: string[] = []
  /** Steps of the degradation ladder that were taken, in order. */
  readonly degraded: string[] = []
  /** The W3C trace that the request is part of, while tracing is on. */
  traceId?: string
  /** What upstreams are told of a trace that nobody records. */
  unrecorded?: Unrecorded
  /** Id of the caller's key. */
  caller?: string
  model?: string
  upstream?: string
  /** The model whose chain was asked last, which is not the asked one after `auto` or a degradation. */
  served?: Served
  /** How it ended, when it did not end well. */
  error?: string
  cache?: CacheOutcome
  /** Time spent waiting for a free slot, in milliseconds. */
  queuedMs?: number
  /** From the request to the first byte of the answer's body (of a stream: to its first event), in milliseconds. */
  firstByteMs?: number
  usage?: Usage
  /** What the upstream calls the model that answered. */
  responseModel?: string | undefined
  /** In the currency of the configured prices. */
  cost?: number
  /** What the gateway asked for by itself on the way to the answer; neither in `usage` nor in `cost`. */
  overhead?: readonly Overhead[]
  /** What was taken out of the answer, by kind. */
  redacted?: Record<string, number>
  truncated?: boolean
  readonly #payer: (() => Trace | undefined) | undefined

  /** `payer` finds who pays for a call that several requests share. */
  constructor(payer?: () => Trace | undefined) {
    this.#payer = payer
  }

  /** Of a call that several requests share: the one that pays for it, if it ended now. */
  get payer(): Trace | undefined {
    return this.#payer?.()
  }
}

/** The headers of a trace that goes on without being recorded. */
export interface Unrecorded {
  readonly traceparent: string
  readonly tracestate: string | undefined
}

/** One upstream call beside the one for the answer: an embedding for the semantic cache. */
export interface Overhead {
  readonly model: string
  readonly usage: Usage
  readonly cost: number | undefined
}

/** `stale`: an answer past its time, given because there was no other. */
export type CacheOutcome = 'hit' | 'semantic-hit' | 'coalesced' | 'stale' | 'miss' | 'bypass'

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace
  }
}

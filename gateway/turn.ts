import type { FastifyRequest } from 'fastify'
import type { Hold } from './admit/budget-store.ts'
import type { Call } from './call/attempt.ts'
import type { Kept } from './lookup/answer-store.ts'
import type { Trace } from './observe/trace.ts'
import type { Model } from './route/registry.ts'
import type { Scope } from './scope.ts'
import type { ChatRequest, EmbeddingsRequest } from './validate/validate.ts'

/** Who asks. Made by authentication; policies count by `id` and keep what they store apart by `tenant`. */
export interface Caller {
  readonly id: string
  readonly tenant: string
}

/** What came in, as far as policies look at it: a request of Fastify's, or a job. */
export type Asking = Pick<FastifyRequest, 'id' | 'headers' | 'log' | 'finish'>

/** Where policies leave what a caller should know beside the answer: a reply of Fastify's, or nobody's. */
export interface Answering {
  header(name: string, value: string | number): unknown
}

/** One completion request on its way through the pipeline: everything a policy may look at. */
export interface Turn {
  readonly request: Asking
  readonly reply: Answering
  readonly caller: Caller
  readonly kind: 'chat' | 'embeddings'
  readonly body: ChatRequest | EmbeddingsRequest
  readonly call: Call
  readonly model: Model
  readonly scope: Scope
  readonly trace: Trace
  /** What the cache has begun to look for. */
  kept?: Promise<Kept | undefined>
  /** What the budgets have set aside for it; here and not in a map beside, which costs more to look into than the budgets themselves. */
  hold?: Hold
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once authentication has passed. */
    caller: Caller
  }
}

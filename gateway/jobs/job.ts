import { createHash, randomUUID } from 'node:crypto'
import type { Caller } from '../turn.ts'
import type { Turn } from '../turn.ts'

export const jobUrls = ['/v1/chat/completions', '/v1/embeddings'] as const
export type JobUrl = (typeof jobUrls)[number]

export type JobStatus = 'queued' | 'running' | 'done' | 'failed'

/** A job as it waits in the queue: all that a worker in another process needs to know. Holds the prompt; removed when the job has ended. */
export interface Ticket {
  readonly caller: Caller
  readonly url: JobUrl
  /** The caller's own text of the body. */
  readonly raw: string
  /** Unix time in seconds. */
  readonly created: number
  /** Of the submission; the job goes on under it in logs and at upstreams. */
  readonly requestId: string
  /** Those of the submission that mean something to a policy or an upstream. */
  readonly headers: Readonly<Record<string, string>>
}

/** A job as callers see it. */
export interface Job extends Pick<Ticket, 'url' | 'created'> {
  readonly id: string
  readonly tenant: string
  readonly status: JobStatus
  /** How often a worker has begun it. */
  readonly attempts: number
  /** Tells apart what two submissions ask for. */
  readonly fingerprint: string
  /** The completion of a job that is done, the error object of one that failed; JSON. */
  readonly outcome?: string
  /** What headers would have said beside it; JSON. */
  readonly headers?: string
}

/** A job as JSON. The outcome goes in as it is kept: neither parsed nor serialised again. */
export function jobText({ id, status, created, url, attempts, outcome, headers }: Job): string {
  const text = JSON.stringify({ id, object: 'job', status, created, url, attempts })
  return outcome === undefined ? text : `${text.slice(0, -1)},"headers":${headers ?? '{}'},"${status === 'done' ? 'result' : 'error'}":${outcome}}`
}

/** A new id; with an idempotency key the same one for the same tenant and key. */
export function jobId(tenant: string, idempotencyKey?: string): string {
  const digits = idempotencyKey === undefined ? randomUUID().replaceAll('-', '') : hashOf(tenant, idempotencyKey).slice(0, 32)
  return `job_${digits}`
}

export function isJobId(text: string): boolean {
  return /^job_[0-9a-f]{32}$/.test(text)
}

/** What a submission asks for, in 32 characters. */
export function fingerprintOf({ url, raw }: Pick<Ticket, 'url' | 'raw'>): string {
  return hashOf(url, raw).slice(0, 32)
}

export function kindOf(url: JobUrl): Turn['kind'] {
  return url === '/v1/embeddings' ? 'embeddings' : 'chat'
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

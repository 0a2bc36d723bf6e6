import type { Claims } from '../../schemas/claims.ts'
import type { ClientRecord, DiaryRecord, UpstreamRecord } from '../../schemas/evidence.ts'
import type { ScenarioDocument } from '../scenario.ts'

type Pick1<R extends { kind: string }, K extends R['kind']> = Extract<R, { kind: K }>
export type Headers = [string, string][]

/** One request as the caller lived it. Times are milliseconds on the harness's clock. */
export interface Exchange {
  nonce: string
  /** The nonce in its text: its own, or that of the request whose question it repeats. Upstream calls go by it. */
  question: string
  window: string
  label: string
  request: Pick1<ClientRecord, 'request'>
  head?: Pick1<ClientRecord, 'head'>
  chunks: { t: number; bytes: Buffer }[]
  abortedAt?: number
  end?: Pick1<ClientRecord, 'end'>
}

/** One upstream call as the scripted upstream lived it. */
export interface Attempt {
  id: string
  lane: string
  nonce: string | null
  attempt: number
  request: Pick1<UpstreamRecord, 'request'>
  head?: Pick1<UpstreamRecord, 'head'>
  events: Pick1<UpstreamRecord, 'event'>[]
  body?: Pick1<UpstreamRecord, 'body'>
  faults: Pick1<UpstreamRecord, 'fault'>[]
  held: Pick1<UpstreamRecord, 'held'>[]
  peerClosed?: Pick1<UpstreamRecord, 'peer-closed'>
  end?: Pick1<UpstreamRecord, 'end'>
}

/** Everything a check may look at; read from the run folder, never from live objects. */
export interface Evidence {
  scenario: ScenarioDocument
  claims: Claims
  exchanges: Exchange[]
  attempts: Attempt[]
  /** What the engine did and what speaks for or against it. */
  diary: DiaryRecord[]
}

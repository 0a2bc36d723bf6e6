import type { Claims } from '../../schemas/claims.ts'
import type { ClientRecord, DiaryRecord, UpstreamRecord } from '../../schemas/evidence.ts'
import type { ScenarioDocument } from '../scenario.ts'
import type { Attempt, Evidence, Exchange } from './types.ts'

export interface Records {
  client: readonly ClientRecord[]
  upstream: readonly UpstreamRecord[]
  diary: readonly DiaryRecord[]
}

const exchanges = (records: readonly ClientRecord[]): Exchange[] => {
  const byNonce = new Map<string, Exchange>()
  for (const r of records) {
    if (r.kind === 'request') {
      byNonce.set(r.nonce, { nonce: r.nonce, question: r.question ?? r.nonce, window: r.window, label: r.label, request: r, chunks: [] })
      continue
    }
    const exchange = byNonce.get(r.nonce)
    if (!exchange) continue
    if (r.kind === 'head') exchange.head = r
    else if (r.kind === 'bytes') exchange.chunks.push({ t: r.t, bytes: Buffer.from(r.data, 'base64') })
    else if (r.kind === 'abort') exchange.abortedAt = r.t
    else exchange.end = r
  }
  return [...byNonce.values()]
}

const attempts = (records: readonly UpstreamRecord[]): Attempt[] => {
  const byId = new Map<string, Attempt>()
  for (const r of records) {
    if (r.kind === 'request') {
      byId.set(r.id, { id: r.id, lane: r.lane, nonce: r.nonce, attempt: r.attempt, request: r, events: [], faults: [], held: [] })
      continue
    }
    const attempt = byId.get(r.id)
    if (!attempt) continue
    if (r.kind === 'head') attempt.head = r
    else if (r.kind === 'event') attempt.events.push(r)
    else if (r.kind === 'body') attempt.body = r
    else if (r.kind === 'fault') attempt.faults.push(r)
    else if (r.kind === 'held') attempt.held.push(r)
    else if (r.kind === 'peer-closed') attempt.peerClosed = r
    else attempt.end = r
  }
  return [...byId.values()]
}

/** Joins the flat records of one scenario execution into the two views that checks read. */
export const assemble = (scenario: ScenarioDocument, claims: Claims, records: Records): Evidence => ({
  scenario,
  claims,
  exchanges: exchanges(records.client),
  attempts: attempts(records.upstream),
  diary: [...records.diary],
})

import { createHash } from 'node:crypto'
import type { Evidence } from '../evidence/types.ts'
import { faultPhase } from '../evidence/views.ts'
import { unsalted } from '../nonce.ts'
import { plansFor, plannedFaults } from '../engine/plan.ts'

/**
 * What the upstream was asked and what it sent in one scenario, times aside. An attempt that its caller or the target ended
 * counts by its request and its script only, because how far it came is not decided by the seed; a scenario that declares
 * a race counts by what was planned. A real model numbers and dates its answers; its words count, those do not, and no more does the salt.
 */
export const transcriptOf = (evidence: Evidence): string => {
  const faults = plannedFaults(evidence.scenario, evidence.claims)
  const exchanges = faultPhase(evidence)
  const plan = exchanges.map((x) => JSON.stringify([x.nonce, x.request.method, x.request.path, x.request.body, plansFor(faults, x.label)])).map(unsalted).sort()
  if (evidence.scenario.race !== undefined) return JSON.stringify([evidence.scenario.id, plan])
  const said = (text: string | undefined): string | undefined => (evidence.scenario.upstream === 'model' ? text?.replace(/"id":"[^"]*"/, '"id"').replace(/"created":\d+/, '"created"') : text)
  const nonces = new Set(exchanges.map((x) => x.nonce))
  const calls = evidence.attempts
    .filter((a) => a.nonce !== null && nonces.has(a.nonce))
    .map((a) => {
      const asked = [a.nonce, a.lane, a.attempt, a.request.method, a.request.path, a.request.body]
      return a.peerClosed ? asked : [...asked, a.head?.status, a.events.map((e) => said(e.text)), said(a.body?.text), a.faults.map((f) => f.fault), a.end?.how]
    })
    .map((call) => unsalted(JSON.stringify(call)))
    .sort()
  return JSON.stringify([evidence.scenario.id, plan, calls])
}

/** One hash over the transcripts of a run, whatever the order they ran in. */
export const transcriptHash = (transcripts: readonly string[]): string => createHash('sha256').update([...transcripts].sort().join('\n')).digest('hex').slice(0, 16)

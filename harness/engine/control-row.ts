import { exchange } from '../client/exchange.ts'
import type { ExchangeResult } from '../client/exchange.ts'
import { outgoing } from '../client/request.ts'
import { nonceOf } from '../nonce.ts'
import { firstSend } from '../scenario.ts'
import type { ScenarioDocument, SendStep } from '../scenario.ts'
import { now, timing } from '../timing.ts'
import type { Script } from '../upstream/script.ts'
import type { Lane } from '../upstream/upstream.ts'
import type { Cell } from './cell.ts'
import { biting, isScripted, plansFor } from './plan.ts'
import type { PlannedFault } from './plan.ts'
import type { Recorder } from './recorder.ts'

/** What a caller with no gateway in between must see of a script; null when it saw that, else what it saw instead. */
const deviation = (script: Script, effect: PlannedFault['effect'], seen: ExchangeResult, tookMs: number): string | null => {
  const saw = `saw ${seen.status ?? 'no status'}, ended ${seen.how} after ${Math.round(tookMs)} ms`
  const must = (ok: boolean): string | null => (ok ? null : saw)
  const toxic = effect.toxics?.find((t) => t.toxicity === 1)
  if (effect.down) return must(seen.how === 'refused' || (seen.status === null && seen.how !== 'gave-up'))
  if (toxic?.type === 'reset_peer') return must(seen.how === 'reset' || seen.how === 'cut')
  if (toxic?.type === 'timeout') return must(seen.status === null && seen.how === 'gave-up')
  if (toxic?.type === 'latency') return must(seen.how === 'complete' && tookMs >= (toxic.attributes['latency'] ?? 0) * 0.9)
  if (toxic) return must(seen.how === 'complete' && seen.status === 200)
  const { how } = script.beforeHead ?? {}
  if (how === 'hang') return must(seen.how === 'gave-up' && seen.status === null)
  if (how !== undefined) return must(seen.status === null && (seen.how === 'cut' || seen.how === 'reset'))
  if (script.beforeHead?.delayMs !== undefined && tookMs < script.beforeHead.delayMs * 0.9) return saw
  if (script.status !== undefined) return must(seen.status === script.status && seen.how === 'complete')
  switch (script.stream?.at?.how) {
    case 'fin':
    case 'half-event':
    case 'half-character':
      return must(seen.status === 200 && seen.how === 'cut')
    case 'rst':
      return must(seen.status === 200 && seen.how === 'reset')
    case 'stall':
      return must(seen.status === 200 && seen.how === 'gave-up')
    case 'malformed':
    case 'error-event':
      return must(seen.status === 200 && seen.how === 'complete' && !seen.text.includes('[DONE]'))
    case undefined:
      return must(seen.status === 200 && seen.how === 'complete')
  }
}

/** How long a direct caller waits for a script that never ends; long enough for everything that does end. */
const patience = (script: Script, effect: PlannedFault['effect']): number => {
  const silent = script.beforeHead?.how === 'hang' || script.stream?.at?.how === 'stall' || effect.toxics?.some((t) => t.type === 'timeout')
  return silent ? timing.controlHangMs : timing.controlMs
}

/**
 * Sends one request straight to the lane for every fault, with the target out of the way, and notes whether the fault was
 * what it says. A fault that does not work on a plain client proves nothing about a gateway.
 */
export const controlRow = async (scenario: ScenarioDocument, faults: readonly PlannedFault[], cell: Cell, recorder: Recorder): Promise<void> => {
  let index = 0
  if (scenario.upstream === 'model') await modelRow(scenario, cell, recorder, nonceOf(scenario.seed, 'control', index++, scenario.salt))
  for (const fault of faults) {
    const lane = fault.data.lane
    if (lane !== 'primary' && lane !== 'secondary') continue
    const label = fault.labels?.[0] ?? ''
    const step = firstSend(scenario, fault.labels)
    if (!step) continue
    const nonce = nonceOf(scenario.seed, 'control', index++, scenario.salt)
    const plan = isScripted(fault) ? plansFor([fault], label)[lane] : undefined
    const script = plan?.attempts[0] ?? plan?.rest ?? {}
    cell.upstream.expect(nonce, plan ? { [lane]: plan } : {})
    const undo = await inject(fault, cell)
    try {
      const started = now()
      const seen = await askLane(lane, { ...step, auth: 'key', raw: undefined }, nonce, patience(script, fault.effect), scenario, cell, recorder)
      recorder.note({ kind: 'control-row', script: fault.sentence, nonce, deviation: deviation(script, fault.effect, seen, now() - started) })
    } finally {
      await undo()
    }
  }
}

/** Sends one request to a lane itself, past the target, and records it. */
const askLane = async (lane: Lane, step: SendStep, nonce: string, giveUpMs: number, scenario: ScenarioDocument, cell: Cell, recorder: Recorder): Promise<ExchangeResult> => {
  const out = outgoing(step, nonce, { models: { chat: 'tiny', unknown: 'tiny' }, headers: {} }, 'control-row-no-key', scenario.id)
  const seen = await exchange({
    ...out, nonce, window: 'control', label: 'control', url: new URL(`${cell.laneURL(lane)}${out.path}`), stream: step.stream, secrets: cell.secrets, giveUpMs,
    onWord: (count) => cell.upstream.latches.reach(nonce, count),
  })
  recorder.client.push(...seen.records)
  return seen
}

/** Asks the model itself: one that does not answer a plain client says nothing of a gateway. It also loads a cold one. */
const modelRow = async (scenario: ScenarioDocument, cell: Cell, recorder: Recorder, nonce: string): Promise<void> => {
  const step = firstSend(scenario)
  if (!step) return
  cell.upstream.expect(nonce, {}, true)
  const seen = await askLane('primary', step, nonce, timing.controlModelMs, scenario, cell, recorder)
  recorder.note({ kind: 'control-row', script: 'a language model answers', nonce, deviation: seen.status === 200 && seen.how === 'complete' ? null : `saw ${seen.status ?? 'no status'}, ended ${seen.how}` })
}

const inject = async (fault: PlannedFault, cell: Cell): Promise<() => Promise<void>> => {
  const edge = fault.data.lane === 'primary' || fault.data.lane === 'secondary' ? cell.edges[fault.data.lane] : undefined
  const toxics = biting(fault)
  if (!edge || (toxics.length === 0 && !fault.effect.down)) return () => Promise.resolve()
  return edge.inject(toxics, fault.effect.down === true)
}

import { exchange } from '../client/exchange.ts'
import type { ExchangeResult } from '../client/exchange.ts'
import { outgoing } from '../client/request.ts'
import { resolveAmount } from '../scenario.ts'
import type { ScenarioDocument, SendStep } from '../scenario.ts'
import { timing } from '../timing.ts'
import type { Cell } from './cell.ts'
import { plansFor } from './plan.ts'
import type { PlannedFault } from './plan.ts'
import type { Recorder } from './recorder.ts'
import { nonceOf } from './seed.ts'

type OnWord = (nonce: string, count: number) => void
type Phase = 'baseline' | 'fault' | 'recovery'

export const plainSend: SendStep = { do: 'send', label: 'probe', requests: 1, concurrency: 1, to: 'chat', stream: false, body: {}, headers: {}, auth: 'key', background: false }

/** Sends requests to the target of one cell on behalf of one scenario, and numbers them. */
export class Traffic {
  readonly #scenario: ScenarioDocument
  readonly #cell: Cell
  readonly #recorder: Recorder
  readonly #signal: AbortSignal
  readonly #counts = { baseline: 0, fault: 0, recovery: 0 }

  constructor(scenario: ScenarioDocument, cell: Cell, recorder: Recorder, signal: AbortSignal) {
    this.#scenario = scenario
    this.#cell = cell
    this.#recorder = recorder
    this.#signal = signal
  }

  /** Sends all requests of one step, at most `concurrency` at a time, and resolves when all have ended. */
  async send(step: SendStep, phase: Phase, faults: readonly PlannedFault[], onWord?: OnWord): Promise<ExchangeResult[]> {
    const total = Math.round(resolveAmount(step.requests, this.#cell.options.target.claims))
    const results: ExchangeResult[] = []
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < total && !this.#signal.aborted) {
        const at = next++
        results[at] = await this.one(step, phase, faults, { onWord })
      }
    }
    await Promise.all(Array.from({ length: Math.min(step.concurrency, total) }, worker))
    return results
  }

  async one(step: SendStep, phase: Phase, faults: readonly PlannedFault[], how: { onWord?: OnWord | undefined; giveUpMs?: number | undefined } = {}): Promise<ExchangeResult> {
    const { upstream, keys, options, secrets } = this.#cell
    const nonce = nonceOf(this.#scenario.seed, phase, this.#counts[phase]++)
    upstream.expect(nonce, plansFor(faults, step.label), this.#scenario.upstream === 'model' && phase === 'fault')
    const out = outgoing(step, nonce, options.target, keys.caller, this.#scenario.id)
    const abort = new AbortController()
    const over = Promise.withResolvers<'over'>()
    const { totalMs } = options.target.claims.timeouts
    const leaveWhenUpstream = step.abort && 'whenUpstream' in step.abort ? this.#whenUpstream(nonce, step.abort.whenUpstream, abort, over.promise) : undefined
    const after = step.abort && 'afterEvents' in step.abort ? step.abort.afterEvents : undefined
    const result = await exchange({
      nonce, phase, label: step.label, url: this.#cell.targetURL(`${this.#cell.target.basePath}${out.path}`), method: out.method, headers: out.headers, body: out.body,
      stream: step.stream, secrets, giveUpMs: how.giveUpMs ?? totalMs + timing.giveUpMarginMs, signal: AbortSignal.any([abort.signal, this.#signal]),
      onWord: (count) => {
        upstream.latches.reach(nonce, count)
        how.onWord?.(nonce, count)
        if (after !== undefined && count >= after) abort.abort()
      },
    })
    over.resolve('over')
    await leaveWhenUpstream
    this.#recorder.client.push(...result.records)
    return result
  }

  async #whenUpstream(nonce: string, when: 'asked' | 'failed', abort: AbortController, over: Promise<'over'>): Promise<void> {
    const { journal } = this.#cell.upstream
    let id: string | undefined
    const waiting = journal.waitFor((r) => {
      if (r.kind === 'request' && r.nonce === nonce) id = r.id
      return id !== undefined && r.kind === (when === 'asked' ? 'request' : 'end') && r.id === id
    }, timing.journalMs)
    const there = await Promise.race([waiting, over])
    // A target that answered without asking its upstream is for the checks to judge; only our own wait is ours to report.
    if (there === 'over') return
    if (!there) this.#recorder.note({ kind: 'wait-expired', wait: `upstream ${when} for ${nonce}`, ms: timing.journalMs })
    abort.abort()
  }
}

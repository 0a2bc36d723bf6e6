import { setTimeout as sleep } from 'node:timers/promises'
import { exchange } from '../client/exchange.ts'
import type { ExchangeResult } from '../client/exchange.ts'
import { outgoing } from '../client/request.ts'
import { nonceOf } from '../nonce.ts'
import { resolveAmount } from '../scenario.ts'
import type { ScenarioDocument, SendStep } from '../scenario.ts'
import { now, timing } from '../timing.ts'
import type { Cell } from './cell.ts'
import { plansFor } from './plan.ts'
import type { PlannedFault } from './plan.ts'
import type { Recorder } from './recorder.ts'

type OnWord = (nonce: string, count: number) => void
type Window = 'baseline' | 'fault' | 'recovery'

export const plainSend: SendStep = { do: 'send', label: 'probe', requests: 1, concurrency: 1, to: 'chat', stream: false, body: {}, headers: {}, auth: 'key', background: false }

/** Sends requests to the target of one cell on behalf of one scenario, and numbers them. */
export class Traffic {
  readonly #scenario: ScenarioDocument
  readonly #cell: Cell
  readonly #recorder: Recorder
  readonly #signal: AbortSignal
  readonly #counts = { baseline: 0, fault: 0, recovery: 0 }
  /** The first request of each label, for those that ask the same. */
  readonly #firsts = new Map<string, string>()

  constructor(scenario: ScenarioDocument, cell: Cell, recorder: Recorder, signal: AbortSignal) {
    this.#scenario = scenario
    this.#cell = cell
    this.#recorder = recorder
    this.#signal = signal
  }

  /** Sends all requests of one step, at most `concurrency` at a time and `everyMs` apart, and resolves when all have ended. */
  async send(step: SendStep, window: Window, faults: readonly PlannedFault[], onWord?: OnWord): Promise<ExchangeResult[]> {
    const { claims } = this.#cell.options.target
    const total = Math.round(resolveAmount(step.requests, claims))
    const concurrency = Math.round(resolveAmount(step.concurrency, claims))
    const everyMs = resolveAmount(step.everyMs ?? 0, claims)
    const started = now()
    const results: ExchangeResult[] = []
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < total && !this.#signal.aborted) {
        const at = next++
        const early = started + at * everyMs - now()
        if (early > 0) await sleep(early, undefined, { signal: this.#signal }).catch(() => undefined)
        if (this.#signal.aborted) return
        results[at] = await this.one(step, window, faults, { onWord })
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, total) }, worker))
    return results
  }

  async one(step: SendStep, window: Window, faults: readonly PlannedFault[], how: { onWord?: OnWord | undefined; giveUpMs?: number | undefined } = {}): Promise<ExchangeResult> {
    const { upstream, keys, options, secrets } = this.#cell
    const nonce = nonceOf(this.#scenario.seed, window, this.#counts[window]++, this.#scenario.salt)
    const question = this.#question(step, nonce)
    // Scripts are found by the text: one that repeats a question is answered by the script of its own label from now on.
    upstream.expect(question, plansFor(faults, step.label), this.#scenario.upstream === 'model' && window === 'fault')
    const out = outgoing(step, nonce, options.target, step.auth === 'limited' ? keys.limited : keys.caller, this.#scenario.id, { question, chars: step.chars && resolveAmount(step.chars, options.target.claims) })
    const abort = new AbortController()
    const over = Promise.withResolvers<'over'>()
    const { totalMs } = options.target.claims.timeouts
    const leaveWhenUpstream = step.abort && 'whenUpstream' in step.abort ? this.#whenUpstream(question, step.abort.whenUpstream, abort, over.promise) : undefined
    const after = step.abort && 'afterEvents' in step.abort ? step.abort.afterEvents : undefined
    const result = await exchange({
      nonce, question, window, label: step.label, url: this.#cell.targetURL(`${this.#cell.target.basePath}${out.path}`), method: out.method, headers: out.headers, body: out.body,
      stream: step.stream, secrets, giveUpMs: how.giveUpMs ?? totalMs + timing.giveUpMarginMs, signal: AbortSignal.any([abort.signal, this.#signal]),
      onWord: (count) => {
        upstream.latches.reach(question, count)
        how.onWord?.(nonce, count)
        if (after !== undefined && count >= after) abort.abort()
      },
    })
    over.resolve('over')
    await leaveWhenUpstream
    this.#recorder.client.push(...result.records)
    return result
  }

  /** The nonce in the text of a request. Throws when nothing was asked yet that it could repeat. */
  #question({ label, same = label }: SendStep, nonce: string): string {
    const first = this.#firsts.get(same)
    if (!this.#firsts.has(label)) this.#firsts.set(label, nonce)
    if (same === label) return nonce
    if (first === undefined) throw new TypeError(`No request with the label ${JSON.stringify(same)} was sent before.`)
    return first
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

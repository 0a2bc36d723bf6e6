import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../components/wait.ts'
import { assemble } from '../evidence/assemble.ts'
import type { Records } from '../evidence/assemble.ts'
import { isRelayed } from '../evidence/views.ts'
import { firstSend, resolveAmount, stepsOf } from '../scenario.ts'
import type { RetryAfterOf, ScenarioDocument, SendStep, Step } from '../scenario.ts'
import { now, timing } from '../timing.ts'
import { askedToWaitUntil } from './asked-wait.ts'
import type { Cell } from './cell.ts'
import { controlRow } from './control-row.ts'
import { LagMeter } from './lag.ts'
import { arming, biting, plannedFaults } from './plan.ts'
import type { PlannedFault } from './plan.ts'
import { Recorder } from './recorder.ts'
import { plainSend, Traffic } from './traffic.ts'

/** Puts one scenario through one cell and returns what was recorded. Judges nothing. Every fault is healed, whatever happens. */
export const execute = async (scenario: ScenarioDocument, cell: Cell, signal: AbortSignal): Promise<Records> => {
  const run = new Execution(scenario, cell, signal)
  return run.all()
}

class Execution {
  readonly #scenario: ScenarioDocument
  readonly #cell: Cell
  readonly #signal: AbortSignal
  readonly #recorder = new Recorder()
  readonly #traffic: Traffic
  readonly #background: Promise<unknown>[] = []
  #faults: PlannedFault[]
  #undo: { sentence: string; heal: () => Promise<void> }[] = []
  #targetGone = false

  constructor(scenario: ScenarioDocument, cell: Cell, signal: AbortSignal) {
    this.#scenario = scenario
    this.#cell = cell
    this.#signal = signal
    this.#faults = plannedFaults(scenario, cell.options.target.claims)
    this.#traffic = new Traffic(scenario, cell, this.#recorder, signal)
  }

  async all(): Promise<Records> {
    const { upstream } = this.#cell
    const disturbed = this.#faults.length > 0
    const modelled = this.#scenario.upstream === 'model'
    upstream.forget()
    upstream.journal.take()
    const lag = new LagMeter()
    try {
      if (disturbed || modelled) {
        this.#recorder.note({ kind: 'window', window: 'control' })
        await this.#inject(arming)
        await controlRow(this.#scenario, this.#faults, this.#cell, this.#recorder)
      }
      if (disturbed) {
        this.#recorder.note({ kind: 'window', window: 'baseline' })
        if (!(await this.#healthy('baseline'))) return this.#records()
      }
      this.#recorder.note({ kind: 'window', window: 'fault' })
      await this.#inject(biting)
      lag.start()
      for (const step of stepsOf(this.#scenario)) {
        if (this.#signal.aborted) break
        await this.#step(step)
      }
      await Promise.all(this.#background)
      await this.#settle()
      this.#recorder.note({ kind: 'lag', ms: lag.stop() })
    } finally {
      await this.#heal()
    }
    if (disturbed && !this.#targetGone && !this.#signal.aborted) {
      this.#recorder.note({ kind: 'window', window: 'recovery' })
      await this.#healthy('recovery')
    }
    this.#recorder.note({ kind: 'window', window: 'end' })
    if (this.#targetGone && !this.#signal.aborted) await this.#cell.startTarget()
    return this.#records()
  }

  #records(): Records {
    return { client: this.#recorder.client, diary: this.#recorder.diary, upstream: this.#cell.upstream.journal.take() }
  }

  async #inject(which: (fault: PlannedFault) => NonNullable<PlannedFault['effect']['toxics']>): Promise<void> {
    let injected = false
    for (const fault of this.#faults) {
      // Without Toxiproxy the lane is direct and a reset arrives as one, so there is nothing to arm.
      const toxics = which === arming && !this.#cell.options.environment.toxiproxy ? [] : which(fault)
      const goDown = which === biting && fault.effect.down === true
      if (toxics.length > 0 || goDown) {
        const edge = fault.data.lane === 'client' ? this.#cell.client : this.#cell.edges[fault.data.lane]
        if (!edge) throw new TypeError(`There is no ${fault.data.lane} edge here.`)
        this.#undo.push({ sentence: fault.sentence, heal: await edge.inject(toxics, goDown) })
        injected = true
      }
      if (which === biting) this.#recorder.note({ kind: 'inject', fault: fault.data.kind, detail: fault.sentence })
    }
    if (!injected) return
    // Toxiproxy arms resets when a connection opens; one that the target kept from before would not have it.
    this.#cell.upstream.closeIdle()
    await sleep(timing.closeIdleMs)
  }

  async #heal(): Promise<void> {
    const undo = this.#undo.splice(0).toReversed()
    const scripted = this.#faults
    this.#faults = []
    for (const { sentence, heal } of undo) {
      try {
        await heal()
        this.#recorder.note({ kind: 'heal', fault: sentence, ok: true, detail: '' })
      } catch (error) {
        this.#recorder.note({ kind: 'heal', fault: sentence, ok: false, detail: String(error) })
      }
    }
    if (scripted.length > undo.length) this.#recorder.note({ kind: 'heal', fault: 'scripts', ok: true, detail: 'later requests are answered plainly' })
  }

  /** One plain request must succeed, of replicas one at each in turn; tried again until the claimed cool-down and a margin are over. */
  async #healthy(window: 'baseline' | 'recovery'): Promise<boolean> {
    const { claims, launch } = this.#cell.options.target
    const until = now() + claims.breaker.cooldownMs + claims.timeouts.firstByteMs + timing.baselineMarginMs
    const first = firstSend(this.#scenario)
    // Of the kind that the scenario is about, but one that a healthy target can answer.
    const model = first?.model === 'unknown' ? 'chat' : first?.model
    const probe: SendStep = { ...plainSend, label: window, to: first?.to === 'embeddings' ? 'embeddings' : 'chat', ...(model === undefined ? {} : { model }) }
    const hopeless = this.#cell.health === 'never'
    // Each request has a connection of its own, and each connection goes to the next replica: one whose circuit is still open would fail the next scenario.
    const replicas = launch?.replicas ?? 1
    let inTurn = 0
    for (;;) {
      const { records } = await this.#traffic.one(probe, window, [], { giveUpMs: hopeless ? claims.timeouts.firstByteMs + timing.graceMs : undefined })
      const asked = assemble(this.#scenario, claims, { client: records, upstream: this.#cell.upstream.journal.records, diary: [] })
      if (asked.exchanges.some((x) => isRelayed(x, asked))) {
        this.#cell.health = 'seen'
        if (++inTurn === replicas) return true
        continue
      }
      inTurn = 0
      if (hopeless || now() > until || this.#signal.aborted) {
        if (this.#cell.health === 'not asked') this.#cell.health = 'never'
        return false
      }
      await sleep(timing.retryProbeMs)
    }
  }

  async #step(step: Step): Promise<void> {
    const { claims } = this.#cell.options.target
    switch (step.do) {
      case 'send': {
        if (!step.background) return void (await this.#traffic.send(step, 'fault', this.#faults))
        const total = Math.round(resolveAmount(step.requests, claims))
        const ready = Promise.withResolvers<void>()
        const seen = new Set<string>()
        const all = this.#traffic.send(step, 'fault', this.#faults, (nonce, count) => {
          if (count >= (step.untilEvents ?? 1) && seen.add(nonce).size === total) ready.resolve()
        })
        this.#background.push(all)
        await Promise.race([ready.promise, all])
        return
      }
      case 'wait': {
        const ms = typeof step.for === 'object' && 'retryAfterOf' in step.for ? this.#asked(step.for) : resolveAmount(step.for, claims)
        this.#recorder.note({ kind: 'step', step: 'wait', detail: `${Math.round(ms)} ms` })
        return sleep(ms, undefined, { signal: this.#signal }).catch(() => undefined)
      }
      case 'heal':
        return this.#heal()
      case 'join':
        return void (await Promise.all(this.#background))
      case 'signal':
        this.#targetGone = true
        this.#recorder.note({ kind: 'process', name: 'target', event: 'signal', detail: step.signal })
        this.#cell.target.process?.kill(step.signal)
        return
      case 'exit': {
        const bound = claims.drain.deadlineMs + timing.exitMarginMs
        const exit = this.#cell.target.process ? await within(bound, this.#cell.target.process.exited) : undefined
        this.#recorder.note({ kind: 'process', name: 'target', event: 'exit', detail: exit ? JSON.stringify(exit) : `still running after ${bound} ms` })
        return
      }
      case 'probe':
        return this.#probe(step)
    }
  }

  /** What is left of the wait that an answer asked for, in milliseconds, within the bound. */
  #asked({ retryAfterOf, atMost }: RetryAfterOf): number {
    const bound = resolveAmount(atMost, this.#cell.options.target.claims)
    const until = askedToWaitUntil(this.#recorder.client, retryAfterOf)
    return until === undefined ? bound : Math.min(bound, Math.max(0, until + timing.clockMs - now()))
  }

  async #probe(step: Extract<Step, { do: 'probe' }>): Promise<void> {
    const path = this.#cell.options.target.claims.health[step.what]
    const until = now() + timing.probeMs
    for (;;) {
      const started = now()
      const status = await fetch(this.#cell.targetURL(path), { signal: AbortSignal.timeout(timing.probeMs), headers: { connection: 'close' } })
        .then(async (r) => {
          await r.body?.cancel()
          return r.status
        })
        .catch(() => null)
      this.#recorder.note({ kind: 'probe', path: `${step.what} ${step.label}`, status, ms: now() - started })
      if (step.until === undefined || status === step.until || now() > until || this.#signal.aborted) return
      await sleep(timing.retryProbeMs)
    }
  }

  /** Lets what the target still does to the upstream be seen: closes that come late, attempts that must not come at all. */
  async #settle(): Promise<void> {
    const aborted = this.#recorder.client.some((r) => r.kind === 'abort')
    const { withinMs } = this.#cell.options.target.claims.cancellation
    if (aborted) await this.#cell.upstream.idle(withinMs + timing.settleMs)
    await sleep(timing.settleMs)
  }
}

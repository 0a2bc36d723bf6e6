import { Secrets } from '../evidence/secrets.ts'
import { Journal } from './journal.ts'
import { Latches } from './latch.ts'
import type { RealModel } from './model-relay.ts'
import { plainPlan } from './script.ts'
import type { Plan } from './script.ts'
import { LaneServer } from './server.ts'

export const LANES = ['primary', 'secondary'] as const
export type Lane = (typeof LANES)[number]

/** The scripted upstream: one server per lane, one journal, scripts by nonce. */
export class Upstream implements AsyncDisposable {
  readonly journal = new Journal()
  readonly latches = new Latches()
  readonly ports: Record<Lane, number> = { primary: 0, secondary: 0 }
  secrets = new Secrets({})
  model: RealModel | undefined
  readonly #plans = new Map<string, Plan>()
  readonly #asModel = new Set<string>()
  readonly #servers: Record<Lane, LaneServer>
  #ids = 0

  private constructor(ports: Partial<Record<Lane, number>>, answersStrangers: boolean) {
    const lane = (name: Lane): LaneServer =>
      new LaneServer({
        name, journal: this.journal, latches: this.latches, secrets: () => this.secrets, answersStrangers, plans: this.#plans, asModel: this.#asModel,
        model: () => this.model, nextId: () => `a${++this.#ids}`, ...(ports[name] === undefined ? {} : { port: ports[name] }),
      })
    this.#servers = { primary: lane('primary'), secondary: lane('secondary') }
  }

  /**
   * Starts both lanes, on free ports unless given. Load and visitors by hand need `answersStrangers`; scenarios must not
   * have it, because an answer that nobody scripted proves nothing. Throws HAR_ERR_PORT_TAKEN with nothing left listening.
   */
  static async start(ports: Partial<Record<Lane, number>> = {}, options: { answersStrangers?: boolean } = {}): Promise<Upstream> {
    const upstream = new Upstream(ports, options.answersStrangers ?? false)
    try {
      for (const name of LANES) upstream.ports[name] = await upstream.#servers[name].listen()
      return upstream
    } catch (error) {
      await upstream[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Says what happens to requests with this nonce; lanes without a plan answer plainly. */
  expect(nonce: string, plans: Partial<Record<Lane, Plan>> = {}, asModel = false): void {
    for (const lane of LANES) this.#plans.set(`${lane} ${nonce}`, plans[lane] ?? plainPlan)
    if (asModel) this.#asModel.add(nonce)
  }

  /**
   * Forgets all nonces, so that a straggler of one scenario is a stranger to the next. Attempts and latches go too: nobody
   * asks for them any more, and a long run has many.
   */
  forget(): void {
    this.#plans.clear()
    this.#asModel.clear()
    this.latches.forget()
    for (const lane of LANES) this.#servers[lane].forget()
  }

  /** Resolves true once no upstream call is open, false after `ms`. */
  async idle(ms: number): Promise<boolean> {
    const open = new Set<string>()
    return this.journal.waitUntil((r) => {
      if (r.kind === 'request') open.add(r.id)
      if (r.kind === 'end') open.delete(r.id)
      return open.size === 0
    }, ms)
  }

  closeIdle(): void {
    for (const lane of LANES) this.#servers[lane].closeIdle()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(LANES.map((lane) => this.#servers[lane][Symbol.asyncDispose]()))
  }
}

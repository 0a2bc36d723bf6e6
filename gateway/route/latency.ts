import type { Answer } from '../call/attempt.ts'
import { estimateUsage, readUsage } from '../check/usage.ts'

/** What the newest observation weighs; the last five make up four fifths of the mean. */
const weight = 0.3

interface Observed {
  readonly ms: number
  readonly at: number
}

/**
 * How long models took of late, as this replica saw it: an exponentially weighted mean for each model. Of streams the milliseconds until
 * the first content, of whole answers the milliseconds for each token, because answers differ in length more than models in speed. What is older than `forgetMs` is forgotten, or a model that was slow once would never be asked again.
 */
export class Latency {
  readonly #forgetMs: number
  readonly #now: () => number
  /** Bounded by the models of the config, twice. */
  readonly #observed = new Map<string, Observed>()

  constructor(forgetMs: number, now = () => performance.now()) {
    this.#forgetMs = forgetMs
    this.#now = now
  }

  note(model: string, answer: Answer, elapsedMs: number): void {
    const stream = answer.kind === 'stream'
    const ms = answer.kind === 'stream' ? elapsedMs : elapsedMs / Math.max(1, (readUsage(answer.json) ?? estimateUsage(0, answer.text.length)).completion)

    const before = this.of(model, stream)
    this.#observed.set(keyOf(model, stream), { ms: before === undefined ? ms : before + weight * (ms - before), at: this.#now() })
  }

  /** The mean; undefined when there is nothing recent. */
  of(model: string, stream: boolean): number | undefined {
    const observed = this.#observed.get(keyOf(model, stream))
    return observed === undefined || this.#now() - observed.at > this.#forgetMs ? undefined : observed.ms
  }
}

function keyOf(model: string, stream: boolean): string {
  return `${stream ? 'stream' : 'whole'} ${model}`
}

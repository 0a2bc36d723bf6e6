import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Measures the worst delay of this process's event loop in milliseconds: what it times cannot be trusted more than that. */
export class LagMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: 5 })

  start(): void {
    this.#histogram.reset()
    this.#histogram.enable()
  }

  /** The worst lag since `start`, in milliseconds. */
  stop(): number {
    this.#histogram.disable()
    return this.#histogram.count === 0 ? 0 : Math.max(0, this.#histogram.max / 1e6 - 5)
  }
}

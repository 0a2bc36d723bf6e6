import { Once } from '../once.ts'

/**
 * The end of a request: its connection is closed, and whatever worked for it has come to its own end. The connection alone
 * does not do: a caller that leaves closes it before the tokens of its stream are counted.
 */
export class Finish {
  #holders = 0
  #after: (() => void)[] = []

  /** The request is not over before the result is disposed of; doing so twice counts once. */
  hold(): Disposable {
    this.#holders++
    return new Once(this.#release)
  }

  readonly #release = (): void => {
    if (--this.#holders > 0) return
    const after = this.#after
    this.#after = []
    for (const run of after) run()
  }

  /** Runs once, in the order of registration, when nobody holds the request any more. Must not throw. */
  after(run: () => void): void {
    this.#after.push(run)
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    finish: Finish
  }
  interface FastifyContextConfig {
    /** Answered without a key and while draining: probes, scrapers, the docs. Not logged above debug, neither counted nor traced. */
    readonly open?: boolean
  }
}

/** Counts per key that can be waited for; a count that was reached before the wait began still counts. */
export class Latches {
  readonly #reached = new Map<string, number>()
  readonly #waiting = new Map<string, { count: number; resolve: (reached: boolean) => void }[]>()

  /** Says that `key` is at `count` now and releases who waits for it. */
  reach(key: string, count: number): void {
    if (count <= (this.#reached.get(key) ?? 0)) return
    this.#reached.set(key, count)
    for (const waiter of this.#waiting.get(key) ?? []) if (waiter.count <= count) waiter.resolve(true)
  }

  /** Forgets every count, so that a key that comes again starts from 0. */
  forget(): void {
    this.#reached.clear()
  }

  /** Resolves true once `key` is at `count`, false after `ms` or when `signal` aborts. */
  async wait(key: string, count: number, ms: number, signal?: AbortSignal): Promise<boolean> {
    if ((this.#reached.get(key) ?? 0) >= count) return true
    if (signal?.aborted) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter = { count, resolve }
    const list = this.#waiting.get(key) ?? []
    this.#waiting.set(key, [...list, waiter])
    const timer = setTimeout(resolve, ms, false)
    const onAbort = (): void => resolve(false)
    signal?.addEventListener('abort', onAbort)
    const reached = await promise
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    const left = (this.#waiting.get(key) ?? []).filter((w) => w !== waiter)
    if (left.length > 0) this.#waiting.set(key, left)
    else this.#waiting.delete(key)
    return reached
  }
}

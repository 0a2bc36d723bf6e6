import type { Redis } from 'ioredis'

/** Who listens for what on the one connection for subscriptions. Messages can get lost with the connection, so they are only ever a reason to look. */
export class Channels {
  readonly #client: Redis
  readonly #listeners = new Map<string, Set<(message: string) => void>>()

  constructor(client: Redis) {
    this.#client = client
    client.on('message', (channel: string, message: string) => this.#tell(channel, message))
    client.on('ready', () => {
      for (const channel of this.#listeners.keys()) this.#tell(channel, '')
    })
  }

  /** Calls `heard` for each message until the result is disposed of, and with '' whenever some may have been missed. */
  listen(channel: string, heard: (message: string) => void): Disposable {
    const known = this.#listeners.get(channel)
    const listeners = known ?? new Set()
    listeners.add(heard)
    if (known === undefined) {
      this.#listeners.set(channel, listeners)
      // What was told before the subscription stood was told to nobody.
      this.#client.subscribe(channel).then(() => this.#tell(channel, ''), () => {})
    }
    return {
      [Symbol.dispose]: () => {
        listeners.delete(heard)
        if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return
        this.#listeners.delete(channel)
        this.#client.unsubscribe(channel).catch(() => {})
      },
    }
  }

  #tell(channel: string, message: string): void {
    for (const heard of this.#listeners.get(channel) ?? []) heard(message)
  }
}

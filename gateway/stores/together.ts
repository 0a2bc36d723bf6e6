import type { RedisStore } from './redis.ts'

interface Gathering<About, Item, Answer> {
  readonly about: About
  readonly items: Item[]
  readonly answers: PromiseWithResolvers<Answer>[]
}

/**
 * What requests of one turn of the event loop ask about the same thing is one command: nobody waits longer for it, because commands of a turn are written
 * together anyway, and for Redis as for this process most of a command is what comes with every one.
 */
export class Together<About, Item, Answer> {
  readonly #redis: Pick<RedisStore, 'atTurnEnd'>
  readonly #isSame: (one: About, other: About) => boolean
  readonly #send: (about: About, items: readonly Item[]) => Promise<readonly Answer[]>
  /** Of this turn. */
  readonly #open: Gathering<About, Item, Answer>[] = []

  /** `send` gets the items in the order of asking and returns an answer for each; what it rejects with, all are told. */
  constructor(redis: Pick<RedisStore, 'atTurnEnd'>, isSame: (one: About, other: About) => boolean, send: (about: About, items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#redis = redis
    this.#isSame = isSame
    this.#send = send
  }

  ask(about: About, item: Item): Promise<Answer> {
    const answer = Promise.withResolvers<Answer>()
    const open = this.#open.find((one) => this.#isSame(one.about, about))
    if (open === undefined) {
      const made = { about, items: [item], answers: [answer] }
      this.#open.push(made)
      this.#redis.atTurnEnd(() => void this.#tell(made))
    } else {
      open.items.push(item)
      open.answers.push(answer)
    }
    return answer.promise
  }

  async #tell(gathering: Gathering<About, Item, Answer>): Promise<void> {
    this.#open.splice(this.#open.indexOf(gathering), 1)
    const { about, items, answers } = gathering
    try {
      const told = await this.#send(about, items)
      answers.forEach(({ resolve }, nth) => resolve(told[nth] as Answer))
    } catch (error) {
      for (const { reject } of answers) reject(error)
    }
  }
}

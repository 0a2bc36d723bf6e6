import { hash } from 'node:crypto'
import { flattened } from '../flattened.ts'
import { remembered } from '../remembered.ts'
import type { Model } from '../route/registry.ts'
import type { Turn } from '../turn.ts'
import { canonicalMembers, canonicalText } from './canonical.ts'

/** Fields that cannot change what is answered. In place of `model` stands the model that was chosen, in place of `stream` the kind of answer. */
const beside = new Set(['model', 'stream', 'user', 'metadata', 'store', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention'].map((name) => JSON.stringify(name)))

/** The key of a call when it is made for that tenant and of that model. */
export interface Keyed {
  readonly tenant: string
  readonly model: Model
  readonly key: RequestKey | undefined
}

/** Where the model that is asked first is served from. */
const servedBy = remembered((model: Model): string => {
  const chosen = chosenModel(model)
  const own = model.chain.filter(({ serves }) => serves.name === chosen)
  return JSON.stringify([chosen, own.map((entry) => [entry.upstream, entry.model])])
})

/** What two requests share when the same answer is right for both: tenant, kind, model, and every field that can change the answer. Undefined for a body that cannot be compared. */
export function requestKey(turn: Pick<Turn, 'call' | 'kind' | 'caller' | 'model'>): RequestKey | undefined {
  const { call, model, caller: { tenant } } = turn
  const known = call.keyed
  if (known !== undefined && known.model === model && known.tenant === tenant) return known.key
  const members = canonicalMembers(call.raw)
  const key = members === undefined ? undefined : new RequestKey(contextOf(turn) + canonicalText(members.filter(([name]) => !beside.has(name))))
  call.keyed = { tenant, model, key }
  return key
}

const isDigest = /^[0-9a-f]{64}$/

/** A request as far as it can change the answer, made of its text or of its name. */
export class RequestKey {
  readonly #text: string
  #digest: string | undefined

  constructor(text: string) {
    this.#text = flattened(text)
  }

  /** For use in this process: a short text is its own name, because to hash it costs more than to keep it. */
  get name(): string {
    return this.#text.length <= 1_024 ? this.#text : this.digest
  }

  /** For where others can see it. */
  get digest(): string {
    return (this.#digest ??= isDigest.test(this.#text) ? this.#text : hash('sha256', this.#text))
  }
}

/**
 * What a request must share with another beside the fields of its body. Where the model is served from is in it, so that an answer does not
 * outlive a change of the config; entries of a chain that go on to other models are not, because what those answer is not kept.
 */
export function contextOf({ call, kind, caller, model }: Pick<Turn, 'call' | 'kind' | 'caller' | 'model'>): string {
  return `${caller.tenant.length} ${caller.tenant} ${kind} ${call.stream} ${servedBy(model)}`
}

/** The model that is asked first; for `auto` the one that was found best, so that it shares answers with those who named it. */
export function chosenModel({ name, chain }: Model): string {
  return chain[0]?.serves.name ?? name
}

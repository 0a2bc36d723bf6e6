import { hash } from 'node:crypto'
import type { Call } from '../call/attempt.ts'
import type { Model } from '../route/registry.ts'
import type { Turn } from '../turn.ts'
import { canonicalMembers, canonicalText } from './canonical.ts'

/** Fields that cannot change what is answered. In place of `model` stands the model that was chosen, in place of `stream` the kind of answer. */
const beside = new Set(['model', 'stream', 'user', 'metadata', 'store', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention'].map((name) => JSON.stringify(name)))

const digests = new WeakMap<Call, string>()

/** What two requests share when the same answer is right for both: tenant, kind, model, and every field that can change the answer. Undefined for a body that cannot be compared. */
export function requestKey(turn: Pick<Turn, 'call' | 'kind' | 'caller' | 'model'>): string | undefined {
  const digest = digests.get(turn.call) ?? bodyDigest(turn.call)
  return digest === undefined ? undefined : hash('sha256', contextOf(turn) + digest)
}

/**
 * What a request must share with another beside the fields of its body. Where the model is served from is in it, so that an answer does not
 * outlive a change of the config; entries of a chain that go on to other models are not, because what those answer is not kept.
 */
export function contextOf({ call, kind, caller, model }: Pick<Turn, 'call' | 'kind' | 'caller' | 'model'>): string {
  const chosen = chosenModel(model)
  const own = model.chain.filter(({ serves }) => serves.name === chosen)
  return JSON.stringify([caller.tenant, kind, call.stream, chosen, own.map((entry) => [entry.upstream, entry.model])])
}

/** The model that is asked first; for `auto` the one that was found best, so that it shares answers with those who named it. */
export function chosenModel({ name, chain }: Model): string {
  return chain[0]?.serves.name ?? name
}

// Asked for by the look-up, the keeping and the sharing of the same request.
function bodyDigest(call: Call): string | undefined {
  const members = canonicalMembers(call.raw)
  if (members === undefined) return undefined
  const digest = hash('sha256', canonicalText(members.filter(([key]) => !beside.has(key))))
  digests.set(call, digest)
  return digest
}

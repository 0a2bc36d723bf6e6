import type { Call } from '../call/attempt.ts'
import { estimateUsage, readUsage } from '../check/usage.ts'
import { Trace } from '../observe/trace.ts'
import { costOf } from '../route/registry.ts'
import type { Model } from '../route/registry.ts'
import type { Route } from '../route/route.ts'
import { WorkScope } from '../scope.ts'
import type { Turn } from '../turn.ts'
import type { SemanticConfig } from './cache.ts'
import { questionOf } from './question.ts'
import { Vectors } from './vectors.ts'

/** Finds the request, among those whose answers are kept, that asks the same in other words. Nothing here throws or rejects. */
export interface SemanticIndex {
  /** The key of a kept answer; undefined when nothing is close enough, and when the words could not be embedded in time. */
  find(turn: Turn): Promise<string | undefined>
  /** Notes that the answer to a request which `find` has seen is kept under this key. */
  add(turn: Turn, key: string): void
  /** Takes back {@link add}: the answer is no longer there. */
  drop(key: string): void
}

export interface SemanticOptions {
  readonly config: SemanticConfig
  readonly ttlSeconds: number
  /** The model of `config.model`. */
  readonly model: Model
  readonly route: Route
}

/** Makes the index: vectors in the memory of this replica, one upstream call for each request that the exact cache has not. */
export function createSemanticIndex({ config, ttlSeconds, model, route }: SemanticOptions): SemanticIndex {
  const vectors = new Vectors({ ...config, ttlMs: ttlSeconds * 1_000 })
  // From the look-up to the keeping. A turn of the degradation ladder has the same call but another model, whose answer is not to the same question.
  const seen = new WeakMap<Call, { readonly model: Model; readonly partition: string; readonly vector: Float32Array }>()

  async function embed(text: string, turn: Turn): Promise<Float32Array | undefined> {
    const raw = JSON.stringify({ model: model.name, input: text })
    using scope = new WorkScope(config.timeoutMs, turn.scope)
    try {
      const answer = await route(model.chain, { path: '/embeddings', raw, headers: turn.call.headers, stream: false, choices: 1 }, scope, new Trace())
      if (answer.kind !== 'json') return undefined
      const usage = readUsage(answer.json) ?? estimateUsage(raw.length, 0)
      // Whoever asks pays for the look-up, whatever it finds.
      turn.trace.overhead = [...(turn.trace.overhead ?? []), { model: model.name, usage, cost: costOf(model, usage) }]
      return vectorOf(answer.json)
    } catch {
      return undefined
    }
  }

  return {
    async find(turn) {
      const question = questionOf(turn)
      if (question === undefined) return undefined
      const vector = await embed(question.text, turn)
      if (vector === undefined) return undefined
      seen.set(turn.call, { model: turn.model, partition: question.partition, vector })
      return vectors.nearest(turn.caller.tenant, question.partition, vector)
    },
    add(turn, key) {
      const asked = seen.get(turn.call)
      if (asked?.model === turn.model) vectors.add(key, { tenant: turn.caller.tenant, partition: asked.partition, vector: asked.vector })
    },
    drop: (key) => vectors.drop(key),
  }
}

/** The embedding of an answer, of length one, so that a plain dot product is the cosine; undefined for anything else. */
function vectorOf(json: Readonly<Record<string, unknown>>): Float32Array | undefined {
  const first = (json['data'] as readonly Readonly<Record<string, unknown>>[])[0]
  const numbers: unknown = first?.['embedding']
  if (!Array.isArray(numbers) || !numbers.every((value) => typeof value === 'number')) return undefined
  let squares = 0
  for (const value of numbers) squares += value * value
  const norm = Math.sqrt(squares)
  return norm > 0 && Number.isFinite(norm) ? Float32Array.from(numbers, (value) => value / norm) : undefined
}

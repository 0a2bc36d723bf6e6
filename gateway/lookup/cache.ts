import { hash } from 'node:crypto'
import { z } from 'zod'
import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import { staged } from '../call/staged.ts'
import type { PolicyOptions } from '../create-policies.ts'
import type { AnswerCache } from '../policies.ts'
import type { Turn } from '../turn.ts'
import { createMemoryStore } from './answer-store-memory.ts'
import { createRedisStore } from './answer-store-redis.ts'
import type { AnswerStore, Kept } from './answer-store.ts'
import { termsOf } from './cache-control.ts'
import type { Terms } from './cache-control.ts'
import { chosenModel, RequestKey, requestKey } from './cache-key.ts'
import { keepJson, keepStream, replay } from './replay.ts'
import { createSemanticIndex } from './semantic.ts'
import type { SemanticIndex } from './semantic.ts'
import { breaksOff, isWhole } from './whole.ts'

const semantic = z.strictObject({
  /** The least cosine of two questions that are taken for the same. */
  threshold: z.number().min(-1).max(1).default(0.95),
  /** A model of the registry that answers embeddings. */
  model: z.string(),
  /** Per tenant; the oldest go first. */
  maxEntries: z.int().min(1).default(1_000),
  /** Of all tenants' vectors in this replica. */
  maxBytes: z.int().min(1).default(67_108_864),
  /** How long a request waits for its embedding before it is asked upstream instead. */
  timeoutMs: z.int().min(1).default(1_000),
})

export const cacheConfig = z.strictObject({
  ttlSeconds: z.int().min(1).default(3_600),
  /** How much longer an answer is there for the step `cache` of `degrade`; nothing without that step. */
  staleSeconds: z.int().min(0).default(86_400),
  maxEntries: z.int().min(1).default(10_000),
  maxBytes: z.int().min(1).default(67_108_864),
  /** Larger answers are not kept. */
  maxAnswerBytes: z.int().min(1).default(1_048_576),
  semantic: z.union([z.literal(false), semantic]).default(false),
})
export type CacheConfig = z.output<typeof cacheConfig>
export type SemanticConfig = z.output<typeof semantic>

/** Makes the cache of answers: in Redis when there is one, otherwise in this replica. */
export function createCache(config: CacheConfig, { config: { output, degrade }, redis, registry, route }: PolicyOptions): AnswerCache {
  const keepSeconds = config.ttlSeconds + (degrade !== false && degrade.steps.includes('cache') ? config.staleSeconds : 0)
  // Answers are kept as they were checked: under other rules they are other answers.
  const salt = hash('sha256', JSON.stringify(output)).slice(0, 8)
  const store = redis === undefined ? createMemoryStore({ ...config, keepSeconds }) : createRedisStore(redis, keepSeconds, salt)
  const model = config.semantic === false ? undefined : registry.find(config.semantic.model)
  const index = config.semantic === false || model === undefined ? undefined : createSemanticIndex({ config: config.semantic, ttlSeconds: config.ttlSeconds, model, route })
  return new Cache(config, store, index)
}

class Cache implements AnswerCache {
  readonly #config: CacheConfig
  readonly #store: AnswerStore
  readonly #semantic: SemanticIndex | undefined

  constructor(config: CacheConfig, store: AnswerStore, index: SemanticIndex | undefined) {
    this.#config = config
    this.#store = store
    this.#semantic = index
  }

  begin(turn: Turn): void {
    const key = sought(turn)
    const exact = key === undefined ? undefined : this.#store.get(key)
    if (exact instanceof Promise) turn.kept = exact
  }

  find(turn: Turn): Promise<Answer | undefined> | Answer | undefined {
    const terms = termsOf(turn)
    const key = sought(turn, terms)
    if (key === undefined) {
      turn.trace.cache = 'bypass'
      return undefined
    }
    const maxAgeMs = 1_000 * Math.min(this.#config.ttlSeconds, terms.maxAgeSeconds)
    const exact = turn.kept ?? this.#store.get(key)
    return exact instanceof Promise || this.#semantic !== undefined ? this.#awaited(turn, exact, maxAgeMs) : found(turn, exact, maxAgeMs, 'hit')
  }

  async #awaited(turn: Turn, exact: ReturnType<AnswerStore['get']>, maxAgeMs: number): Promise<Answer | undefined> {
    return found(turn, await exact, maxAgeMs, 'hit') ?? found(turn, await this.#similar(turn), maxAgeMs, 'semantic-hit')
  }

  async findStale(turn: Turn): Promise<Answer | undefined> {
    const key = sought(turn)
    const kept = key === undefined ? undefined : await this.#store.get(key)
    return kept === undefined ? undefined : given(turn, kept, 'stale')
  }

  keep(turn: Turn, answer: Answer): Answer {
    const key = termsOf(turn).keep ? requestKey(turn) : undefined
    if (key === undefined) return answer
    if (answer.kind === 'stream') return { ...answer, frames: this.#collected(turn, key, answer.frames) }
    if (isWhole(turn, answer.json)) this.#put(turn, key, keepJson(answer))
    return answer
  }

  async #similar(turn: Turn): Promise<Kept | undefined> {
    const key = await this.#semantic?.find(turn)
    if (key === undefined) return undefined
    const kept = await this.#store.get(new RequestKey(key))
    if (kept === undefined) this.#semantic?.drop(key)
    return kept
  }

  #collected(turn: Turn, key: RequestKey, frames: Frames): Frames {
    let texts: string[] | undefined = []
    let characters = 0
    return staged(frames, {
      each: (frame) => {
        characters += frame.text.length
        if (characters > this.#config.maxAnswerBytes || breaksOff(frame.chunk)) texts = undefined
        texts?.push(frame.text)
        return frame
      },
      end: ({ kind }) => {
        if (kind === 'whole' && texts !== undefined) this.#put(turn, key, keepStream(texts))
      },
    })
  }

  #put(turn: Turn, key: RequestKey, kept: Kept): void {
    const { truncated, served } = turn.trace
    // What the gateway itself cut off, or what a chain got from another model, is not what was asked for.
    if (kept.bytes > this.#config.maxAnswerBytes || truncated === true || (served !== undefined && served.name !== chosenModel(turn.model))) return
    this.#store.put(key, kept)
    this.#semantic?.add(turn, key.name)
  }
}

/** Under what a request may look for an answer. */
function sought(turn: Turn, terms: Pick<Terms, 'find'> = termsOf(turn)): RequestKey | undefined {
  return terms.find ? requestKey(turn) : undefined
}

function found(turn: Turn, kept: Kept | undefined, maxAgeMs: number, outcome: 'hit' | 'semantic-hit'): Answer | undefined {
  if (kept !== undefined && ageOf(kept) <= maxAgeMs) return given(turn, kept, outcome)
  turn.trace.cache = 'miss'
  return undefined
}

function given({ trace, reply }: Turn, kept: Kept, outcome: 'hit' | 'semantic-hit' | 'stale'): Answer {
  trace.cache = outcome
  reply.header('age', Math.floor(ageOf(kept) / 1_000))
  return replay(kept)
}

// Never negative: replicas' clocks differ.
function ageOf({ at }: Kept): number {
  return Math.max(0, Date.now() - at)
}

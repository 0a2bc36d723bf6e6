import { z } from 'zod'
import { misfit } from './fit.ts'
import type { Latency } from './latency.ts'
import { bytesPerToken, complexityOf, shapeOf } from './prompt.ts'
import type { Asked, PromptShape } from './prompt.ts'
import { costOf } from './registry.ts'
import type { Chain, Model, Registry } from './registry.ts'

/** The model name `auto`: the gateway chooses. */
export const autoConfig = z.strictObject({
  name: z.string().min(1).default('auto'),
  policy: z.enum(['cost', 'speed', 'quality', 'balanced']).default('balanced'),
  candidates: z.array(z.string()).min(1),
  /** How long what was observed of a model's speed counts more than what is configured. */
  forgetMs: z.int().min(1).default(60_000),
})
export type AutoConfig = z.output<typeof autoConfig>

/** An answer of unknown length is taken to have so many tokens. */
const typicalTokens = 256
/** The speed of a model that neither was configured nor has been seen. */
const unknownTokensPerSecond = 30

interface Weights {
  readonly cost: number
  readonly speed: number
  readonly quality: number
}

const single: Readonly<Record<Exclude<AutoConfig['policy'], 'balanced'>, Weights>> = {
  cost: { cost: 1, speed: 0, quality: 0 },
  speed: { cost: 0, speed: 1, quality: 0 },
  quality: { cost: 0, speed: 0, quality: 1 },
}

/** The model that the gateway chooses for requests that leave it the choice. */
export class Auto {
  readonly #config: AutoConfig
  readonly #candidates: readonly Model[]
  readonly #latency: Latency

  constructor(config: AutoConfig, registry: Registry, latency: Latency) {
    this.#config = config
    this.#candidates = config.candidates.map((name) => registry.find(name)).filter((model) => model !== undefined)
    this.#latency = latency
  }

  get name(): string {
    return this.#config.name
  }

  /** Whether a request leaves the choice to the gateway. */
  answersTo(name: string): boolean {
    return name.toLowerCase() === this.#config.name.toLowerCase()
  }

  /**
   * The best candidate, whose chain goes on with the chains of the others from the next best on. The same for the same request,
   * as long as the observed latencies rank the same. Throws a 400 when no candidate can take the request.
   */
  choose(asked: Asked): Model {
    const shape = shapeOf(asked)
    const ranked = this.#ranked(this.#fitting(asked, shape), shape, asked.call.stream)
    const [best] = ranked
    if (best === undefined) throw this.#refusal(asked)
    // Kept answers are kept by this name: one of the next best must not become an answer of the best.
    return { ...best, name: this.#config.name, chain: joined(ranked) }
  }

  /** Candidates that can take the request; of these, if there are any, those whose window is large enough by the likely count. */
  #fitting(asked: Asked, { bytes }: PromptShape): readonly Model[] {
    const able = this.#candidates.filter((model) => misfit(model, asked) === undefined)
    const tokens = bytes / bytesPerToken + (answerLimit(asked) ?? 0)
    const roomy = able.filter(({ contextWindow }) => contextWindow === undefined || contextWindow >= tokens)
    return roomy.length > 0 ? roomy : able
  }

  #ranked(models: readonly Model[], shape: PromptShape, stream: boolean): readonly Model[] {
    const prompt = shape.bytes / bytesPerToken
    const standings = {
      cost: standing(models.map((model) => costOf(model, { prompt, completion: typicalTokens }) ?? Number.POSITIVE_INFINITY)),
      speed: standing(models.map((model) => this.#expectedMs(model, stream))),
      quality: standing(models.map(({ quality }) => -(quality ?? Number.NEGATIVE_INFINITY))),
    }
    const score = (weights: Weights, index: number): number => weights.cost * (standings.cost[index] ?? 0) + weights.speed * (standings.speed[index] ?? 0) + weights.quality * (standings.quality[index] ?? 0)
    const balanced = balance(complexityOf(shape))
    const { policy } = this.#config
    return models
      .map((model, index) => ({ model, first: score(policy === 'balanced' ? balanced : single[policy], index), second: score(balanced, index) }))
      // Stable: what is equal in everything stays in the order of the config.
      .toSorted((a, b) => a.first - b.first || a.second - b.second)
      .map(({ model }) => model)
  }

  /**
   * A whole answer as observed; of a stream its beginning as observed and the rest as configured. What is only configured knows of no
   * overhead and so looks a little faster than it is: a model that nobody has seen of late is tried.
   */
  #expectedMs(model: Model, stream: boolean): number {
    const observed = this.#latency.of(model.name, stream)
    const writing = (typicalTokens * 1_000) / (model.tokensPerSecond ?? unknownTokensPerSecond)
    if (stream) return writing + (observed ?? 0)
    return observed === undefined ? writing : observed * typicalTokens
  }

  #refusal(asked: Asked): unknown {
    const reasons = this.#candidates.map((model) => misfit({ ...model, name: this.#config.name }, asked))
    return reasons.find((reason) => reason?.code === 'context_length_exceeded') ?? reasons[0]
  }
}

/** The harder the prompt, the more quality counts: from a fifth to four fifths, the rest to price and speed alike. */
function balance(complexity: number): Weights {
  const quality = 0.2 + 0.6 * complexity
  return { cost: (1 - quality) / 2, speed: (1 - quality) / 2, quality }
}

/** For each value the share of the others that are smaller: 0 for the best, comparable between prices and milliseconds. */
function standing(values: readonly number[]): readonly number[] {
  return values.map((value) => values.filter((other) => other < value).length / Math.max(1, values.length - 1))
}

function joined(models: readonly Model[]): Chain {
  const seen = new Set<string>()
  return models.flatMap(({ chain }) => chain).filter(({ upstream, model }) => {
    const place = `${upstream} ${model}`
    return !seen.has(place) && seen.add(place)
  })
}

function answerLimit({ body }: Asked): number | undefined {
  const limit = body['max_completion_tokens'] ?? body['max_tokens']
  return typeof limit === 'number' ? limit : undefined
}

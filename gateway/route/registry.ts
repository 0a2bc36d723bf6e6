import { z } from 'zod'

const price = z.strictObject({ inputPerMillion: z.number().min(0), outputPerMillion: z.number().min(0) })

export const modelConfig = z.strictObject({
  /** Asked in this order until one answers. */
  chain: z.array(z.strictObject({ upstream: z.string(), model: z.string().min(1) })).min(1),
  kind: z.enum(['chat', 'embeddings', 'any']).default('any'),
  streaming: z.boolean().default(true),
  price: price.optional(),
  /** Tokens of prompt and answer together. */
  contextWindow: z.int().min(1).optional(),
  tokensPerSecond: z.number().positive().optional(),
  /** Any scale; only the order counts. */
  quality: z.number().min(0).optional(),
  /** Another model of this registry, taken in its place when the gateway degrades. */
  cheaper: z.string().optional(),
})

export const modelsConfig = z.record(z.string().min(1), modelConfig)
export type ModelConfig = z.output<typeof modelConfig>

/** What an answer is named and billed by. */
export interface Served {
  readonly name: string
  readonly price: ModelConfig['price']
}

/** Where an answer may come from, and which model of the registry it is then an answer of: a chain may go on to another model. */
export interface ChainEntry {
  readonly upstream: string
  readonly model: string
  readonly serves: Served
}

export type Chain = readonly ChainEntry[]

/** A model as callers know it. */
export interface Model extends Omit<ModelConfig, 'chain'> {
  readonly name: string
  readonly chain: Chain
}

/** The configured models by name, upper and lower case alike. */
export class Registry {
  readonly #byName: ReadonlyMap<string, Model>

  constructor(models: Readonly<Record<string, ModelConfig>>) {
    this.#byName = new Map(Object.entries(models).map(([name, model]) => [name.toLowerCase(), named(name, model)]))
  }

  find(name: string): Model | undefined {
    return this.#byName.get(name.toLowerCase())
  }

  get all(): readonly Model[] {
    return [...this.#byName.values()]
  }
}

function named(name: string, config: ModelConfig): Model {
  const serves = { name, price: config.price }
  return { ...config, name, chain: config.chain.map((entry) => ({ ...entry, serves })) }
}

/** What an answer costs by the model's price; undefined where no price is configured. */
export function costOf(model: Pick<Model, 'price'>, usage: { readonly prompt: number; readonly completion: number }): number | undefined {
  if (model.price === undefined) return undefined
  return (usage.prompt * model.price.inputPerMillion + usage.completion * model.price.outputPerMillion) / 1_000_000
}

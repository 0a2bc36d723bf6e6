import { LRUCache } from 'lru-cache'

export interface Entry {
  readonly tenant: string
  /** Only entries of one partition are compared. */
  readonly partition: string
  /** Of length one. */
  readonly vector: Float32Array
}

export interface VectorsOptions {
  /** The least cosine that counts as the same. */
  readonly threshold: number
  /** Of one tenant; the oldest go first. */
  readonly maxEntries: number
  /** Of all tenants; the least recently used go first. */
  readonly maxBytes: number
  readonly ttlMs: number
}

/** What an entry takes beside its numbers, roughly. */
const overheadBytes = 512

/** Vectors by tenant: a tenant's search sees no other's, and a tenant that asks much pushes out its own first. */
export class Vectors {
  readonly #options: VectorsOptions
  readonly #all: LRUCache<string, Entry>
  readonly #tenants = new Map<string, Map<string, Entry>>()

  constructor(options: VectorsOptions) {
    this.#options = options
    this.#all = new LRUCache<string, Entry>({
      maxSize: options.maxBytes,
      sizeCalculation: ({ vector }, key) => vector.byteLength + key.length + overheadBytes,
      ttl: options.ttlMs,
      dispose: (entry, key) => this.#forget(entry, key),
    })
  }

  add(key: string, entry: Entry): void {
    this.#all.set(key, entry)
    // One that is larger than all there is room for was not taken.
    if (!this.#all.has(key)) return
    const own = this.#tenants.get(entry.tenant) ?? new Map<string, Entry>()
    this.#tenants.set(entry.tenant, own.set(key, entry))
    const [oldest] = own.keys()
    if (own.size > this.#options.maxEntries && oldest !== undefined) this.#all.delete(oldest)
  }

  drop(key: string): void {
    this.#all.delete(key)
  }

  /** The key of the entry that is closest, if it is close enough. */
  nearest(tenant: string, partition: string, vector: Float32Array): string | undefined {
    let best: string | undefined
    let closest = this.#options.threshold
    for (const [key, entry] of this.#tenants.get(tenant) ?? []) {
      if (entry.partition !== partition || entry.vector.length !== vector.length || !this.#all.has(key)) continue
      const cosine = dot(entry.vector, vector)
      if (cosine < closest) continue
      closest = cosine
      best = key
    }
    return best === undefined || this.#all.get(best) === undefined ? undefined : best
  }

  #forget({ tenant }: Entry, key: string): void {
    const own = this.#tenants.get(tenant)
    own?.delete(key)
    if (own?.size === 0) this.#tenants.delete(tenant)
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0)
  return sum
}

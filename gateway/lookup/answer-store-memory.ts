import { LRUCache } from 'lru-cache'
import type { AnswerStore, Kept } from './answer-store.ts'
import type { CacheConfig } from './cache.ts'

/** Keeps answers in this replica: bounded by entries and bytes, the least recently used go first. */
export function createMemoryStore({ keepSeconds, maxEntries, maxBytes }: Pick<CacheConfig, 'maxEntries' | 'maxBytes'> & { readonly keepSeconds: number }): AnswerStore {
  const kept = new LRUCache<string, Kept>({ max: maxEntries, maxSize: maxBytes, sizeCalculation: ({ text }, key) => sizeOf(text) + sizeOf(key) })
  return {
    get(key) {
      const found = kept.get(key.name)
      // By its own time, which it has for other replicas as well; the library's would be kept beside it.
      if (found === undefined || Date.now() - found.at <= keepSeconds * 1_000) return found
      kept.delete(key.name)
      return undefined
    },
    put: (key, answer) => {
      kept.set(key.name, answer)
    },
  }
}

/** In bytes, at least: V8 keeps a text in one byte a character when all fit, otherwise in two. */
function sizeOf(text: string): number {
  const bytes = Buffer.byteLength(text)
  return bytes === text.length ? bytes : Math.max(bytes, 2 * text.length)
}

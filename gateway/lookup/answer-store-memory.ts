import { LRUCache } from 'lru-cache'
import type { AnswerStore, Kept } from './answer-store.ts'
import type { CacheConfig } from './cache.ts'

/** Keeps answers in this replica: bounded by entries and bytes, the least recently used go first. */
export function createMemoryStore({ keepSeconds, maxEntries, maxBytes }: Pick<CacheConfig, 'maxEntries' | 'maxBytes'> & { readonly keepSeconds: number }): AnswerStore {
  const kept = new LRUCache<string, Kept>({ max: maxEntries, maxSize: maxBytes, sizeCalculation: ({ text, bytes }, key) => held(text, bytes) + held(key, Buffer.byteLength(key)) })
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

/** What a text of so many bytes takes at least: V8 keeps it in one byte a character when all fit, otherwise in two. */
function held(text: string, bytes: number): number {
  return bytes === text.length ? bytes : Math.max(bytes, 2 * text.length)
}

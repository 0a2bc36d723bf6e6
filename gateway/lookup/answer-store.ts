import type { RequestKey } from './cache-key.ts'

/** A whole answer as it is kept. */
export interface Kept {
  readonly kind: 'json' | 'stream'
  /** When it was made, in milliseconds since 1970: replicas share it. */
  readonly at: number
  /** The JSON body, or the frames one after the other. */
  readonly text: string
  /** Of the text, in UTF-8. */
  readonly bytes: number
}

/** Where answers are kept. Nothing here throws or rejects: a store that is lost has nothing. */
export interface AnswerStore {
  get(key: RequestKey): Promise<Kept | undefined> | Kept | undefined
  /** Keeps an answer, some time soon; nobody waits for it. */
  put(key: RequestKey, kept: Kept): void
}

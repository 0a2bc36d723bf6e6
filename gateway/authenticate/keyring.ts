import { timingSafeEqual } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Caller } from '../turn.ts'
import { beats } from './key-record.ts'
import type { KeyRecord } from './key-record.ts'

interface Entry {
  readonly digest: Buffer
  readonly caller: Caller
  readonly expiresAt: number
}

/** The keys that are valid on this replica, known by their SHA-256 only: those of the config, changed by what the key store says. */
export class Keyring {
  readonly #configured: ReadonlySet<string>
  readonly #records = new Map<string, KeyRecord>()
  readonly #byPrefix = new Map<string, Entry[]>()
  #trustedUntil = Infinity

  constructor(keys: Config['keys']) {
    this.#configured = new Set(keys.map(({ id }) => id))
    for (const { id, tenant, sha256 } of keys) this.merge({ id, tenant, source: 'config', revision: 0, createdAt: null, sha256, retiring: [], revokedAt: null })
  }

  get records(): readonly KeyRecord[] {
    return [...this.#records.values()]
  }

  get size(): number {
    return this.#records.size
  }

  /** False while nobody can say which keys are revoked: before the first look into the store, or too long after the last. */
  get trusted(): boolean {
    return this.#trustedUntil === Infinity || performance.now() < this.#trustedUntil
  }

  /** Trusts what is known for so many milliseconds from now; 0 for not at all. */
  trustFor(ms: number): void {
    this.#trustedUntil = performance.now() + ms
  }

  get(id: string): KeyRecord | undefined {
    return this.#records.get(id)
  }

  /** Whether the key exists here: the changed key of a config is gone when its config entry is. */
  owns(record: KeyRecord): boolean {
    return record.source === 'admin' || this.#configured.has(record.id)
  }

  /** Takes over a record, unless the one that is here beats it. */
  merge(record: KeyRecord): void {
    const known = this.#records.get(record.id)
    if (known !== undefined) {
      if (beats(known, record)) return
      this.#drop(known)
    }
    this.#records.set(record.id, record)
    if (record.revokedAt !== null || !this.owns(record)) return
    this.#add(record, record.sha256, Infinity)
    for (const { sha256, expiresAt } of record.retiring) this.#add(record, sha256, expiresAt)
  }

  /**
   * Whose key has this SHA-256. Found by 8 of the 32 bytes, so the time does not grow with the number of keys; then all 32 are compared in
   * constant time. What the time of the first step may tell is about 8 bytes of a digest: nobody can aim a digest at a value of
   * their choice, nor get from it to the key.
   */
  find(digest: Buffer, now = Date.now()): Caller | undefined {
    let found: Caller | undefined
    for (const entry of this.#byPrefix.get(prefixOf(digest)) ?? []) {
      if (timingSafeEqual(entry.digest, digest) && now < entry.expiresAt) found = entry.caller
    }
    return found
  }

  #add({ id, tenant }: KeyRecord, sha256: string, expiresAt: number): void {
    const digest = Buffer.from(sha256, 'hex')
    const prefix = prefixOf(digest)
    this.#byPrefix.set(prefix, [...(this.#byPrefix.get(prefix) ?? []), { digest, caller: { id, tenant }, expiresAt }])
  }

  #drop({ id, sha256, retiring }: KeyRecord): void {
    for (const hex of [sha256, ...retiring.map((entry) => entry.sha256)]) {
      const prefix = prefixOf(Buffer.from(hex, 'hex'))
      const others = (this.#byPrefix.get(prefix) ?? []).filter((entry) => entry.caller.id !== id)
      if (others.length === 0) this.#byPrefix.delete(prefix)
      else this.#byPrefix.set(prefix, others)
    }
  }
}

function prefixOf(digest: Buffer): string {
  return digest.toString('latin1', 0, 8)
}

import { GatewayError } from '../errors.ts'
import type { KeyRecord } from './key-record.ts'
import type { Keyring } from './keyring.ts'

/** Makes the next record of a key out of the present one; may be called again with a newer one, and throws what the caller shall read. */
export type Edit = (current: KeyRecord | undefined) => KeyRecord

/** Where changes of keys live. What it learns it puts into the keyring; authentication never asks it. */
export interface KeyStore {
  /** How long after a change other replicas may not know of it, in milliseconds. */
  readonly settleMs: number
  /** Changes one key, or throws GW_ERR_KEYS_UNAVAILABLE. Of two changes at a time, the second sees what the first has made. */
  change(id: string, edit: Edit): Promise<KeyRecord>
  /** Resolves when the keyring knows all there is, or when waiting for that makes no sense any more. */
  ready(): Promise<void>
  close(): void
}

/** Keeps changes in this process alone: they end with it, revocations included. */
export function createMemoryKeyStore(ring: Keyring): KeyStore {
  return {
    settleMs: 0,
    async change(id, edit) {
      const next = edit(ring.get(id))
      ring.merge(next)
      return next
    },
    async ready() {},
    close() {},
  }
}

/** Neither a change nor an answer can be had without the store. */
export function keysUnavailable(message?: string, cause?: unknown): GatewayError {
  return new GatewayError('GW_ERR_KEYS_UNAVAILABLE', { headers: { 'retry-after': '1' }, cause, ...(message === undefined ? {} : { message }) })
}

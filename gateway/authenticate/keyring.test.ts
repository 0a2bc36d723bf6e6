import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { beats, created, newKey, revoked, rotated } from './key-record.ts'
import type { KeyRecord } from './key-record.ts'
import { Keyring } from './keyring.ts'

const digest = (key: string): string => hash('sha256', key)
const find = (ring: Keyring, key: string, now?: number): string | undefined => ring.find(hash('sha256', key, 'buffer'), now)?.id
const configured = [{ id: 'team', tenant: 'acme', sha256: digest('first') }]

function recordOf(ring: Keyring, id = 'team'): KeyRecord {
  const record = ring.get(id)
  if (record === undefined) throw new Error(`no ${id}`)
  return record
}

test('a key is 32 random bytes behind a prefix', () => {
  const keys = Array.from({ length: 100 }, () => newKey())
  expect(new Set(keys.map(({ key }) => key)).size).toBe(100)
  for (const { key, sha256 } of keys) {
    expect(key).toMatch(/^gw-[A-Za-z0-9_-]{43}$/)
    expect(Buffer.from(key.slice(3), 'base64url')).toHaveLength(32)
    expect(sha256).toBe(digest(key))
  }
})

test('a rotated key is valid until its overlap ends, to the millisecond; the new one at once', () => {
  const ring = new Keyring(configured)
  ring.merge(rotated(recordOf(ring), { sha256: digest('second'), until: 2_000, now: 1_000 }))
  expect(find(ring, 'first', 1_999)).toBe('team')
  expect(find(ring, 'first', 2_000)).toBeUndefined()
  expect(find(ring, 'second', 1_000)).toBe('team')
  expect(ring.find(hash('sha256', 'second', 'buffer'))).toEqual({ id: 'team', tenant: 'acme' })
})

test('a second rotation keeps the promise of the first; one without overlap ends all older keys', () => {
  const ring = new Keyring(configured)
  ring.merge(rotated(recordOf(ring), { sha256: digest('second'), until: 2_000, now: 1_000 }))
  ring.merge(rotated(recordOf(ring), { sha256: digest('third'), until: 3_000, now: 1_000 }))
  expect(['first', 'second', 'third'].map((key) => find(ring, key, 1_999))).toEqual(['team', 'team', 'team'])
  expect(['first', 'second', 'third'].map((key) => find(ring, key, 2_999))).toEqual([undefined, 'team', 'team'])
  ring.merge(rotated(recordOf(ring), { sha256: digest('fourth'), until: 0, now: 1_000 }))
  expect(['first', 'second', 'third', 'fourth'].map((key) => find(ring, key, 1_000))).toEqual([undefined, undefined, undefined, 'team'])
})

test('overlaps are bounded, and make room when they end', () => {
  const ring = new Keyring(configured)
  for (let nth = 0; nth < 8; nth++) ring.merge(rotated(recordOf(ring), { sha256: digest(`key ${nth}`), until: 2_000, now: 1_000 }))
  expect(() => rotated(recordOf(ring), { sha256: digest('more'), until: 2_000, now: 1_000 })).toThrow(expect.objectContaining({ id: 'GW_ERR_KEY_CONFLICT' }))
  expect(rotated(recordOf(ring), { sha256: digest('more'), until: 3_000, now: 2_000 }).retiring).toHaveLength(1)
})

test('a revocation ends the present key and those in their overlap, and nothing brings them back', () => {
  const ring = new Keyring(configured)
  const [before, after] = [recordOf(ring), rotated(recordOf(ring), { sha256: digest('second'), until: 2_000, now: 1_000 })]
  ring.merge(after)
  const end = revoked(after, 1_500)
  ring.merge(end)
  // Two replicas that had not heard of it went on counting.
  const late = rotated(rotated(after, { sha256: digest('third'), until: 9_000, now: 1_500 }), { sha256: digest('fourth'), until: 9_000, now: 1_500 })
  expect(late.revision).toBeGreaterThan(end.revision)
  for (const record of [before, after, late]) ring.merge(record)
  expect(['first', 'second', 'third', 'fourth'].map((key) => find(ring, key, 1_500))).toEqual([undefined, undefined, undefined, undefined])
  expect(() => rotated(end, { sha256: digest('x'), until: 0, now: 0 })).toThrow(expect.objectContaining({ id: 'GW_ERR_KEY_CONFLICT' }))
  expect(() => created(end, { id: 'team', tenant: 'acme', sha256: digest('x'), now: 0 })).toThrow(expect.objectContaining({ id: 'GW_ERR_KEY_EXISTS' }))
  expect(revoked(end, 9_999)).toBe(end)
})

test('of two records that are both not revoked, more changes win; none beats its equal', () => {
  const one = created(undefined, { id: 'a', tenant: 'a', sha256: digest('one'), now: 1 })
  const two = rotated(one, { sha256: digest('two'), until: 0, now: 1 })
  expect([beats(two, one), beats(one, two), beats(one, one), beats(revoked(one, 1), two), beats(two, revoked(one, 1))]).toEqual([true, false, false, true, false])
})

test('the changed key of a config ends with its config entry, a created one does not', () => {
  const changed = rotated(recordOf(new Keyring(configured)), { sha256: digest('second'), until: Infinity, now: 1 })
  const ring = new Keyring([{ id: 'other', tenant: 'other', sha256: digest('other') }])
  ring.merge(changed)
  ring.merge(created(undefined, { id: 'new', tenant: 'new', sha256: digest('new'), now: 1 }))
  expect([find(ring, 'first'), find(ring, 'second'), find(ring, 'new'), find(ring, 'other')]).toEqual([undefined, undefined, 'new', 'other'])
  expect([ring.owns(changed), ring.owns(recordOf(ring, 'new'))]).toEqual([false, true])
})

test('digests that share their first 8 bytes are still different keys', () => {
  const wanted = digest('key')
  const twin = wanted.slice(0, 16) + digest('other').slice(16)
  const ring = new Keyring([{ id: 'twin', tenant: 't', sha256: twin }, { id: 'real', tenant: 't', sha256: wanted }])
  expect(find(ring, 'key')).toBe('real')
  ring.merge(revoked(recordOf(ring, 'real'), 1))
  expect(find(ring, 'key')).toBeUndefined()
  expect(ring.find(Buffer.from(twin, 'hex'))?.id).toBe('twin')
})

test('ten thousand keys take no longer than two: comparing each would take thousands of times longer', () => {
  const ringOf = (count: number): Keyring => new Keyring(Array.from({ length: count }, (_none, nth) => ({ id: `key-${nth}`, tenant: 't', sha256: digest(`secret ${nth}`) })))
  const asked = [hash('sha256', 'secret 1', 'buffer'), hash('sha256', 'no key', 'buffer')]
  const timeOf = (ring: Keyring): number => {
    const started = performance.now()
    for (let nth = 0; nth < 2_000; nth++) ring.find(asked[nth % 2] ?? Buffer.alloc(32))
    return performance.now() - started
  }
  const [few, many] = [ringOf(2), ringOf(10_000)]
  timeOf(few)
  expect(timeOf(many)).toBeLessThan(50 * timeOf(few))
})

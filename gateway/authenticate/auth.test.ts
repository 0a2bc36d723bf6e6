import { hash } from 'node:crypto'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { GatewayError } from '../errors.ts'
import { createAuthenticate } from './auth.ts'
import { Keyring } from './keyring.ts'

const keys = [{ id: 'one', tenant: 'one', sha256: hash('sha256', 'key-one') }, { id: 'two', tenant: 'both', sha256: hash('sha256', 'key-two') }]
const authenticate = createAuthenticate(new Keyring(keys), { sha256: hash('sha256', 'key-admin').toUpperCase() })

/** All on one connection: what was sent on it before must not count. */
const socket = new Socket()

/** The id of the caller, or of the error. */
function ask(rawHeaders: readonly string[], forAdmin = false, check = authenticate): string {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) headers[(rawHeaders[at] ?? '').toLowerCase()] ??= rawHeaders[at + 1] ?? ''
  try {
    return check({ headers, rawHeaders: [...rawHeaders], socket }, forAdmin).id
  } catch (error) {
    if (error instanceof GatewayError) return error.id
    throw error
  }
}

test.each([
  [['Authorization', 'Bearer key-one'], 'one'],
  [['authorization', 'bearer  key-two'], 'two'],
  [['X-API-Key', 'key-two'], 'two'],
  [['Authorization', 'Bearer key-one', 'X-API-Key', 'wrong'], 'one'],
  [[], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'key-one'], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'Basic key-one'], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'Bearer '], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'Bearer key-one key-two'], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'Bearer KEY-ONE'], 'GW_ERR_INVALID_KEY'],
  [['Authorization', "Bearer ' OR 1=1 --"], 'GW_ERR_INVALID_KEY'],
  [['Authorization', `Bearer ${'x'.repeat(65_536)}`], 'GW_ERR_INVALID_KEY'],
  [['Authorization', `Bearer ${keys[0]?.sha256}`], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'Bearer key-one', 'Authorization', 'Bearer key-two'], 'GW_ERR_INVALID_KEY'],
  [['Authorization', 'wrong', 'X-API-Key', 'key-one'], 'GW_ERR_INVALID_KEY'],
  [['X-API-Key', ''], 'GW_ERR_INVALID_KEY'],
])('%o', (headers, id) => {
  expect(ask(headers)).toBe(id)
})

test.each([
  ['key-admin', true, '(admin)'],
  ['key-admin', false, 'GW_ERR_INVALID_KEY'],
  ['key-one', true, 'GW_ERR_FORBIDDEN'],
  ['nonsense', true, 'GW_ERR_INVALID_KEY'],
])('%s on an admin route: %s gives %s', (key, forAdmin, id) => {
  expect(ask(['Authorization', `Bearer ${key}`], forAdmin)).toBe(id)
  expect(ask(['X-API-Key', key], forAdmin)).toBe(id)
})

test('a key of a caller that is the admin key as well is none of a caller', () => {
  const check = createAuthenticate(new Keyring(keys), { sha256: hash('sha256', 'key-one') })
  expect(ask(['X-API-Key', 'key-one'], false, check)).toBe('GW_ERR_INVALID_KEY')
})

test('while nobody knows what is revoked, keys are neither taken nor called wrong; the admin and no key at all are what they are', () => {
  const ring = new Keyring(keys)
  ring.trustFor(0)
  const check = createAuthenticate(ring, { sha256: hash('sha256', 'key-admin') })
  expect(ask(['X-API-Key', 'key-one'], false, check)).toBe('GW_ERR_KEYS_UNAVAILABLE')
  expect(ask(['X-API-Key', 'wrong'], false, check)).toBe('GW_ERR_KEYS_UNAVAILABLE')
  expect(ask([], false, check)).toBe('GW_ERR_INVALID_KEY')
  expect(ask(['X-API-Key', 'key-admin'], true, check)).toBe('(admin)')
  ring.trustFor(60_000)
  expect(ask(['X-API-Key', 'key-one'], false, check)).toBe('one')
})

test('a connection on which a key was good is asked for it each time: another key, none, and the same one after it was revoked', () => {
  const ring = new Keyring(keys)
  const check = createAuthenticate(ring, false)
  expect(ask(['X-API-Key', 'key-one'], false, check)).toBe('one')
  expect(ask(['X-API-Key', 'wrong'], false, check)).toBe('GW_ERR_INVALID_KEY')
  expect(ask(['X-API-Key', 'key-one'], false, check)).toBe('one')
  expect(ask([], false, check)).toBe('GW_ERR_INVALID_KEY')
  const record = ring.get('one')
  if (record === undefined) throw new Error('no such key')
  ring.merge({ ...record, revision: record.revision + 1, revokedAt: 1 })
  expect(ask(['X-API-Key', 'key-one'], false, check)).toBe('GW_ERR_INVALID_KEY')
})

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createAuthenticate } from './auth.ts'

const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
const authenticate = createAuthenticate([{ id: 'one', sha256: sha256('key-one') }, { id: 'two', sha256: sha256('key-two') }])

function ask(...rawHeaders: string[]): string | undefined {
  const headers: Record<string, string> = {}
  for (let at = 0; at < rawHeaders.length; at += 2) headers[(rawHeaders[at] ?? '').toLowerCase()] ??= rawHeaders[at + 1] ?? ''
  return authenticate({ headers, rawHeaders })
}

test.each([
  [['Authorization', 'Bearer key-one'], 'one'],
  [['authorization', 'bearer  key-two'], 'two'],
  [['X-API-Key', 'key-two'], 'two'],
  [['Authorization', 'Bearer key-one', 'X-API-Key', 'wrong'], 'one'],
  [[], undefined],
  [['Authorization', 'key-one'], undefined],
  [['Authorization', 'Basic key-one'], undefined],
  [['Authorization', 'Bearer '], undefined],
  [['Authorization', 'Bearer key-one key-two'], undefined],
  [['Authorization', 'Bearer KEY-ONE'], undefined],
  [['Authorization', "Bearer ' OR 1=1 --"], undefined],
  [['Authorization', `Bearer ${'x'.repeat(65_536)}`], undefined],
  [['Authorization', 'Bearer key-one', 'Authorization', 'Bearer key-two'], undefined],
  [['X-API-Key', ''], undefined],
])('%o', (headers, id) => {
  expect(ask(...headers)).toBe(id)
})

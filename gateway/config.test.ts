import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'

const minimal = {
  keys: [{ id: 'a', key: 'secret-key-1' }],
  upstreams: { primary: { baseURL: 'http://127.0.0.1:9001/v1', apiKey: 'sk-x' } },
  models: { chat: { chain: [{ upstream: 'primary', model: 'tiny' }] } },
}

function issuesOf(input: unknown): readonly string[] {
  try {
    parseConfig(input)
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
  return []
}

test('fills in production defaults', () => {
  expect(parseConfig(minimal)).toMatchObject({
    retry: { retries: 3, baseMs: 1_000, capMs: 60_000 },
    breaker: { failures: 5, cooldownMs: 60_000 },
    timeouts: { connectMs: 5_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 600_000 },
    drain: { deadlineMs: 30_000, graceMs: 0 },
  })
})

test('keeps only the hash of a caller key', () => {
  const config = parseConfig(minimal)
  expect(config.keys).toEqual([{ id: 'a', tenant: 'a', sha256: createHash('sha256').update('secret-key-1').digest('hex') }])
  expect(JSON.stringify(config)).not.toContain('secret-key-1')
})

test('lists every issue with its path, and refuses unknown keys', () => {
  const issues = issuesOf({
    ...minimal,
    keys: [{ id: 'a' }],
    retries: 3,
    retry: { retries: -1, pause: 1 },
    upstreams: { primary: { baseURL: 'ftp://x' } },
    timeouts: { idleMs: 'soon' },
  })
  expect(issues.map((issue) => issue.split(':')[0])).toEqual(expect.arrayContaining(['keys.0', '(root)', 'retry.retries', 'retry', 'upstreams.primary.baseURL', 'timeouts.idleMs']))
})

test('names what does not exist or exists twice', () => {
  expect(issuesOf({ ...minimal, keys: [minimal.keys[0], minimal.keys[0]], models: { chat: { chain: [{ upstream: 'nope', model: 'tiny' }] } } })).toEqual([
    'models.chat.chain.0.upstream: no upstream is named "nope"',
    'keys.1.id: the id "a" is used twice',
  ])
})

test('a policy can be switched off', () => {
  expect(parseConfig({ ...minimal, retry: false, breaker: false })).toMatchObject({ retry: false, breaker: false })
})

test('one secret for an admin and a caller is refused, and not told', () => {
  const [key] = minimal.keys
  const sha256 = createHash('sha256').update('secret-key-1').digest('hex')
  const twice = 'admin.sha256: is the key "a" as well: the admin key has to be one of its own'
  expect(issuesOf({ ...minimal, admin: { sha256 } })).toEqual([twice])
  expect(issuesOf({ ...minimal, keys: [{ id: 'a', sha256 }, { ...key, id: 'b' }], admin: { sha256: sha256.toUpperCase() } })).toEqual([twice])
  expect(issuesOf({ ...minimal, admin: { sha256: createHash('sha256').update('another').digest('hex') } })).toEqual([])
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'

const config = (apiKey: unknown, key: unknown = 'caller-key-1') => ({
  keys: [{ id: 'a', key }],
  upstreams: { primary: { baseURL: 'http://127.0.0.1:9001/v1', apiKey } },
  models: { chat: { chain: [{ upstream: 'primary', model: 'tiny' }] } },
})

function issueOf(input: unknown): string {
  try {
    parseConfig(input)
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.join('\n')
    throw error
  }
  return ''
}

test('a secret may stand in the environment or in a file', () => {
  vi.stubEnv('GATEWAY_TEST_KEY', 'sk-from-env')
  const dir = mkdtempSync(join(tmpdir(), 'gateway-secret-'))
  writeFileSync(join(dir, 'key'), 'sk-from-file\n')
  expect(parseConfig(config({ env: 'GATEWAY_TEST_KEY' })).upstreams['primary']?.apiKey).toBe('sk-from-env')
  expect(parseConfig(config({ file: join(dir, 'key') })).upstreams['primary']?.apiKey).toBe('sk-from-file')
  expect(parseConfig(config('sk', { env: 'GATEWAY_TEST_KEY' })).keys[0]?.sha256).toBe(parseConfig(config('sk', 'sk-from-env')).keys[0]?.sha256)
  rmSync(dir, { recursive: true })
})

test('one that is not there is named by its place, with the path in the config', () => {
  expect(issueOf(config({ env: 'GATEWAY_TEST_NOWHERE' }))).toBe('upstreams.primary.apiKey: the environment variable GATEWAY_TEST_NOWHERE is not set')
  expect(issueOf(config({ file: '/nowhere/key' }))).toBe('upstreams.primary.apiKey: the file /nowhere/key cannot be read, or is empty')
})

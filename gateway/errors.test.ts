import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseConfig } from './config.ts'
import { asGatewayError, GatewayError, registry } from './errors.ts'

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')

test('an envelope has the four keys, and never a cause', () => {
  const error = new GatewayError('GW_ERR_INVALID_REQUEST', { param: 'n', cause: new Error('secret') })
  expect(error.envelope()).toEqual({ error: { message: 'The request is not valid.', type: 'invalid_request_error', param: 'n', code: 'invalid_value' } })
})

test('whatever is thrown becomes an internal error without its text', () => {
  const error = asGatewayError(new TypeError('connect ECONNREFUSED 10.0.0.1'))
  expect(error).toMatchObject({ id: 'GW_ERR_INTERNAL', status: 500 })
  expect(JSON.stringify(error.envelope())).not.toContain('10.0.0.1')
})

test('the README lists every error with its status and code, and no other', () => {
  const listed = [...readme.matchAll(/^\| `(GW_ERR_\w+)` \| (\d+) \| (\S+) \|/gm)].map(([, id, status, code]) => `${id} ${status} ${code}`)
  expect(listed).toEqual(Object.entries(registry).map(([id, { status, code }]) => `${id} ${status} ${code === null ? '–' : `\`${code}\``}`))
})

test('the README names every setting with its default', () => {
  const config: Record<string, unknown> = parseConfig({ keys: [{ id: 'a', sha256: 'a'.repeat(64) }], upstreams: {}, models: {} })
  for (const section of ['retry', 'breaker', 'timeouts', 'limits', 'stream', 'drain', 'log']) {
    for (const [name, value] of Object.entries(config[section] as Record<string, unknown>)) {
      expect(readme).toContain(`| \`${section}.${name}\` | ${typeof value === 'number' ? value.toLocaleString('en').replaceAll(',', ' ') : JSON.stringify(value).replaceAll(',', ', ').replaceAll('"', '')} |`)
    }
  }
})

import { existsSync, globSync, readFileSync } from 'node:fs'
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

const written = (value: unknown): string => (Array.isArray(value) ? `[${value.join(', ')}]` : typeof value === 'number' ? value.toLocaleString('en').replaceAll(',', ' ') : String(value))

test('the README names every setting with its default', () => {
  const sha256 = 'a'.repeat(64)
  const on = ['queue', 'input', 'output', 'cache', 'degrade', 'metrics', 'jobs', 'budgets']
  const config: Record<string, unknown> = parseConfig({
    keys: [{ id: 'a', sha256 }], upstreams: { u: { baseURL: 'http://127.0.0.1:1/v1' } }, models: { m: { chain: [{ upstream: 'u', model: 'm' }] } }, ...Object.fromEntries(on.map((name) => [name, {}])),
    auto: { candidates: ['m'] }, admin: { sha256: 'b'.repeat(64) }, redis: { url: 'redis://127.0.0.1:1' }, tracing: { endpoint: 'http://127.0.0.1:1' }, cache: { semantic: { model: 'm' } },
  })
  const semantic = (config['cache'] as Record<string, unknown>)['semantic']
  const missing: string[] = []
  for (const [section, settings] of Object.entries({ ...config, 'cache.semantic': semantic })) {
    if (typeof settings !== 'object' || settings === null || ['keys', 'upstreams', 'models'].includes(section)) continue
    for (const [name, value] of Object.entries(settings)) {
      if (['sha256', 'url', 'endpoint', 'candidates', 'model', 'sample'].includes(name) || (typeof value === 'object' && !Array.isArray(value))) continue
      if (!readme.includes(`| \`${section}.${name}\` | ${written(value)} |`)) missing.push(`${section}.${name} | ${written(value)}`)
    }
  }
  expect(missing).toEqual([])
})

test('every proof that the README names is there', () => {
  const root = new URL('../', import.meta.url)
  const table = readme.slice(readme.indexOf('## What proves it'), readme.indexOf('## Which libraries'))
  const proofs = [...table.matchAll(/^\| .* \| (.*) \|$/gm)].slice(2).flatMap(([, cell]) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''))
  expect(proofs.length).toBeGreaterThan(60)
  const there = (name: string): boolean =>
    name.endsWith('.ts') ? existsSync(new URL(name.startsWith('harness/') ? name : `gateway/${name}`, root)) : globSync(`scenarios/${name}.ts`, { cwd: root.pathname }).length > 0
  expect(proofs.filter((name) => !there(name))).toEqual([])
})

import { expect, test } from 'vitest'
import { answerJson, callerKey, chatBody, completion, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from '../test-support.ts'
import type { Overrides } from '../test-support.ts'
import { admin, adminKey, adminSettings, listed, statusOf, told, traffic, until } from './test-admin.ts'

async function start(overrides: Overrides = {}) {
  const up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  const gw = await startGateway(testConfig([up.baseURL], { admin: adminSettings, ...overrides }))
  return { up, url: gw.url, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

test('a key is created, told once, works, and is listed without its hash', async () => {
  await using t = await start()
  const reply = await admin(t.url, 'POST', '', { id: 'team-b', tenant: 'acme' })
  expect(reply).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } })
  const made = JSON.parse(reply.text) as { key: string }
  expect(made).toEqual({ id: 'team-b', tenant: 'acme', source: 'admin', state: 'active', createdAt: expect.stringMatching(/^20.*Z$/), expiresAt: null, key: expect.stringMatching(/^gw-[\w-]{43}$/), retiring: [] })
  expect(await statusOf(t.url, made.key)).toBe(200)
  const list = await admin(t.url, 'GET', '')
  expect(JSON.parse(list.text)).toEqual({
    object: 'list',
    data: [
      { id: 'caller', tenant: 'caller', source: 'config', state: 'active', createdAt: null, expiresAt: null },
      { id: 'team-b', tenant: 'acme', source: 'admin', state: 'active', createdAt: expect.any(String), expiresAt: null },
    ],
  })
  expect(list.text).not.toMatch(/[0-9a-f]{64}|gw-/)
})

test('without a tenant a key is one of its own', async () => {
  await using t = await start()
  expect((await told(t.url, '', { id: 'alone' })).tenant).toBe('alone')
})

test('no request fails during a rotation, with the old key or the new one', async () => {
  await using t = await start()
  const old = traffic(t.url, callerKey)
  await old.more(20)
  const fresh = traffic(t.url, (await told(t.url, '/caller/rotate')).key)
  await Promise.all([old.more(50), fresh.more(50)])
  expect(new Set([...(await old.stop()), ...(await fresh.stop())])).toEqual(new Set([200]))
  expect((await listed(t.url)).map(({ id, state }) => `${id} ${state}`)).toEqual(['caller active', 'caller retiring'])
})

test('an old key ends when its overlap does, and not before', async () => {
  await using t = await start()
  const asked = performance.now()
  const { key } = await told(t.url, '/caller/rotate', { overlapSeconds: 1 })
  await until(t.url, callerKey, 401)
  const ended = performance.now() - asked
  expect(ended).toBeGreaterThanOrEqual(999)
  expect(ended).toBeLessThan(3_000)
  expect(await statusOf(t.url, key)).toBe(200)
  expect((await listed(t.url)).map(({ id, state }) => `${id} ${state}`)).toEqual(['caller active'])
})

test('the overlap is the configured one unless the request says otherwise; 0 is none', async () => {
  await using t = await start({ admin: { ...adminSettings, overlapSeconds: 60 } })
  const { retiring } = await told(t.url, '/caller/rotate')
  const left = Date.parse(retiring[0]?.expiresAt ?? '') - Date.now()
  expect(left).toBeGreaterThan(50_000)
  expect(left).toBeLessThanOrEqual(60_000)
  expect(await statusOf(t.url, callerKey)).toBe(200)
  expect((await told(t.url, '/caller/rotate', { overlapSeconds: 0 })).retiring).toEqual([])
  expect(await statusOf(t.url, callerKey)).toBe(401)
})

test('a revoked key is refused from the next request on, with those in their overlap, and stays listed', async () => {
  await using t = await start()
  const { key } = await told(t.url, '/caller/rotate', {})
  expect(await admin(t.url, 'DELETE', '/caller')).toMatchObject({ status: 200 })
  expect([await statusOf(t.url, callerKey), await statusOf(t.url, key)]).toEqual([401, 401])
  const again = await admin(t.url, 'DELETE', '/caller')
  expect(JSON.parse(again.text)).toMatchObject({ id: 'caller', state: 'revoked', expiresAt: expect.any(String) })
  expect((await listed(t.url)).map(({ id, state }) => `${id} ${state}`)).toEqual(['caller revoked'])
})

test('a request that is being answered when its key is revoked is finished', async () => {
  const revoked = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response) => void revoked.promise.then(() => answerJson(response, completion('hi'))))
  await using gw = await startGateway(testConfig([up.baseURL], { admin: adminSettings }))
  const running = post(gw.url)
  await up.calls(1)
  await admin(gw.url, 'DELETE', '/caller')
  revoked.resolve()
  expect(await running).toMatchObject({ status: 200 })
})

test.each([
  ['POST', '', { id: 'caller' }, 409, 'key_exists', null],
  ['POST', '/nobody/rotate', undefined, 404, 'key_not_found', null],
  ['DELETE', '/nobody', undefined, 404, 'key_not_found', null],
  ['DELETE', '/__proto__', undefined, 404, 'key_not_found', null],
  ['POST', '', undefined, 400, 'missing_required_parameter', 'id'],
  ['POST', '', { id: 'a b' }, 400, 'invalid_value', 'id'],
  ['POST', '', { id: 'x'.repeat(65) }, 400, 'invalid_value', 'id'],
  ['POST', '', { id: 7 }, 400, 'invalid_type', 'id'],
  ['POST', '', { id: 'a', tenant: '' }, 400, 'invalid_value', 'tenant'],
  ['POST', '', { id: 'a', key: 'chosen' }, 400, 'invalid_value', 'key'],
  ['POST', '', [], 400, null, null],
  ['POST', '', '{"id":', 400, null, null],
  ['POST', '/caller/rotate', { overlapSeconds: -1 }, 400, 'invalid_value', 'overlapSeconds'],
  ['POST', '/caller/rotate', { overlapSeconds: 1e12 }, 400, 'invalid_value', 'overlapSeconds'],
  ['POST', '/caller/rotate', { overlapSecond: 5 }, 400, 'invalid_value', 'overlapSecond'],
  ['PUT', '', {}, 405, 'method_not_allowed', null],
  ['GET', '/caller', undefined, 405, 'method_not_allowed', null],
  ['GET', '/caller/rotate', undefined, 405, 'method_not_allowed', null],
])('%s %s %j: %i %s', async (method, path, body, status, code, param) => {
  await using t = await start()
  const reply = await admin(t.url, method, path, body)
  expect(reply.status).toBe(status)
  expect(errorOf(reply.text)).toMatchObject({ code, param })
  expect(await statusOf(t.url, callerKey)).toBe(200)
  expect(await listed(t.url)).toHaveLength(1)
})

test('a revoked key is neither rotated nor created again', async () => {
  await using t = await start()
  await admin(t.url, 'DELETE', '/caller')
  expect(errorOf((await admin(t.url, 'POST', '/caller/rotate')).text).code).toBe('key_conflict')
  expect(errorOf((await admin(t.url, 'POST', '', { id: 'caller' })).text).code).toBe('key_exists')
  expect(await statusOf(t.url, callerKey)).toBe(401)
})

test('keys are bounded, revoked ones included', async () => {
  await using t = await start({ admin: { ...adminSettings, maxKeys: 2 } })
  await told(t.url, '', { id: 'second' })
  await admin(t.url, 'DELETE', '/second')
  const reply = await admin(t.url, 'POST', '', { id: 'third' })
  expect(reply.status).toBe(409)
  expect(errorOf(reply.text).code).toBe('key_conflict')
})

test('the admin key is the only one on admin routes, and good nowhere else', async () => {
  await using t = await start()
  for (const [method, path] of [['GET', ''], ['POST', ''], ['DELETE', '/caller'], ['POST', '/caller/rotate'], ['PUT', '']] as const) {
    const forbidden = await admin(t.url, method, path, method === 'POST' ? {} : undefined, callerKey)
    expect(forbidden.status).toBe(403)
    expect(errorOf(forbidden.text).code).toBe('forbidden')
    expect(await admin(t.url, method, path, undefined, 'nonsense')).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
  }
  const unknown = await post(t.url, chatBody, { headers: { authorization: 'Bearer nonsense' } })
  for (const path of ['/v1/chat/completions', '/v1/embeddings', '/v1/models', '/admin', '/admin/nope']) {
    const refused = await read(await open(t.url + path, path.startsWith('/v1/m') ? undefined : chatBody, { headers: { authorization: `Bearer ${adminKey}` } }).response)
    expect([refused.status, refused.text]).toEqual([401, unknown.text])
  }
  expect(t.up.seen).toHaveLength(0)
})

test('key management counts in no limit of a caller', async () => {
  await using t = await start({ rateLimits: { routes: { chat: { algorithm: 'token-bucket', capacity: 2, refillPerSecond: 0.001 }, models: { algorithm: 'token-bucket', capacity: 2, refillPerSecond: 0.001 } } } })
  for (let nth = 0; nth < 5; nth++) {
    const reply = await admin(t.url, 'GET', '')
    expect(reply.status).toBe(200)
    expect(Object.keys(reply.headers).filter((name) => name.includes('ratelimit'))).toEqual([])
    expect(await admin(t.url, 'GET', '', undefined, callerKey)).toMatchObject({ status: 403 })
  }
  expect([await statusOf(t.url, callerKey), await statusOf(t.url, callerKey), await statusOf(t.url, callerKey)]).toEqual([200, 200, 429])
  expect([(await post(t.url)).status, (await post(t.url)).status, (await post(t.url)).status]).toEqual([200, 200, 429])
})

test.each([{ admin: undefined }, { admin: false }] as const)('switched off (%o), there is nothing there', async (off) => {
  await using up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  const { admin: _on, ...rest } = testConfig([up.baseURL])
  await using gw = await startGateway(off.admin === undefined ? rest : { ...rest, ...off })
  expect(errorOf((await admin(gw.url, 'GET', '', undefined, callerKey)).text).code).toBe('unknown_url')
  expect(await admin(gw.url, 'GET', '')).toMatchObject({ status: 401 })
  expect(await statusOf(gw.url, callerKey)).toBe(200)
})

import { expect, test } from 'vitest'
import type { ConfigInput } from './config.ts'
import { registry } from './errors.ts'
import { otlpReceiver } from './observe/test-support.ts'
import { everythingIn, redisMissing, startRedis } from './stores/test-redis.ts'
import { channels, forbidden, leaks } from './test-canaries.ts'
import type { Canary, Collected } from './test-canaries.ts'
import { launchGateway } from './test-process.ts'
import { fakeUpstream } from './test-support.ts'
import { asked, Asker, chatOf, marker, secrets, stderrMarker, sweepConfig, typed } from './test-sweep.ts'
import { answerText, keyOf, talkative, wayNames, wayOf } from './test-ways.ts'

type Redis = Awaited<ReturnType<typeof startRedis>>
const slowWays = ['silent', 'drip', 'held', 'paced']
const admin = { key: secrets.admin }

/** Answers that are answers, by every way to have one. */
async function answered(a: Asker): Promise<void> {
  for (const stream of [false, true]) {
    await a.chat('good', { stream }, { headers: { authorization: `Bearer ${secrets.caller}`, 'x-request-id': marker } })
    // Kept some time soon, and nobody waits for it.
    await a.until(async () => a.chat('good', { stream }), ({ headers }) => headers['x-cache'] === 'HIT')
    expect(await a.ask('/v1/chat/completions', { ...chatOf('good', { stream }), messages: [{ role: 'user', content: `${asked.prompt}, please` }] })).toMatchObject({ headers: { 'x-cache': 'SEMANTIC-HIT' } })
    await a.chat('good', { stream }, { headers: { authorization: `Bearer ${secrets.caller}`, 'cache-control': 'no-store' } })
    for (const model of ['second', 'auto', 'dear']) expect(await a.chat(model, { stream, seed: 1 })).toMatchObject({ status: 200 })
  }
  await a.chat('whole')
  for (const path of ['/v1/models', '/v1/models/good', `/v1/models/${encodeURIComponent(typed)}`, '/health/live', '/health/ready', '/docs', '/openapi.json', '/metrics']) await a.ask(path)
  for (const model of ['good', 'bad500', 'claude']) await a.ask('/v1/embeddings', { model, input: asked[model === 'good' ? 'prompt' : 'quoted'] })
}

/** One stream for two callers, and a budget that is held and then spent. */
async function shared(a: Asker, go: () => void): Promise<void> {
  const first = await a.begin('paced')
  const joined = await a.begin('paced')
  expect(joined.headers['x-cache']).toBe('COALESCED')
  const holding = await a.begin('paced', {}, { key: secrets.poor })
  expect(await a.chat('good', {}, { key: secrets.poor })).toMatchObject({ status: 429 })
  go()
  for (const response of [first, joined, holding]) await a.keep(response)
  for (let n = 0; n < 2; n++) await a.chat('good', {}, { key: secrets.poor })
}

/** What callers do wrong. */
async function mistaken(a: Asker): Promise<void> {
  const { prompt } = asked
  const wrongBodies = [
    `{"messages":"${prompt.replaceAll('"', '\\"')}`, { model: 'good' }, chatOf(typed), chatOf('whole', { stream: true }), chatOf('good', { padding: prompt.repeat(2_000) }),
    ...[{ messages: prompt }, { messages: [{ role: prompt, content: prompt }] }, { messages: [{ role: 'user', content: prompt.repeat(300) }] }, { temperature: prompt }, { stream: prompt }, { user: prompt }].map((wrong) => chatOf('good', wrong)),
  ]
  for (const body of wrongBodies) await a.ask('/v1/chat/completions', body)
  await a.ask('/v1/chat/completions', prompt, { headers: { authorization: `Bearer ${secrets.caller}`, 'content-type': 'text/plain' } })
  await a.ask('/v1/chat/completions', chatOf('good'), { headers: { authorization: `Bearer ${secrets.caller}`, 'content-encoding': 'gzip' } })
  await a.ask('/v1/chat/completions', chatOf('good'), { headers: { authorization: `Bearer ${secrets.caller}`, expect: secrets.custom } })
  for (const method of ['PUT', 'DELETE', 'OPTIONS']) await a.ask('/v1/chat/completions', undefined, { method })
  await a.ask(`/v1/nope/${encodeURIComponent(typed)}`)
  const head = `X-API-Key: ${secrets.caller}\r\nCookie: ${secrets.cookie}\r\n`
  const malformed = [
    `GET /v1/models HTTP/1.1\r\n${head}Connection: close\r\n\r\n`,
    `GET /%zz?${secrets.query} HTTP/1.1\r\nHost: x\r\n${head}Connection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${head}X: ${secrets.custom.repeat(2_000)}\r\n\r\n`,
    `${secrets.caller}\r\n\r\n`,
  ]
  for (const bytes of malformed) await a.raw(bytes)
}

/** Each key in each place where somebody may put one, on every kind of route. */
async function identified(a: Asker): Promise<void> {
  for (const key of [secrets.caller, secrets.limited, secrets.admin, secrets.wrong, ...a.told]) {
    const places = [
      { authorization: `Bearer ${key}` }, { 'x-api-key': key }, { authorization: `Bearer ${key}`, 'x-api-key': key }, { authorization: `Basic ${key}` }, { authorization: `Basic ${Buffer.from(`user:${key}`).toString('base64')}` },
      { authorization: `Bearer ${key}`, 'x-request-id': key }, { authorization: `Basic ${key}`, 'x-request-id': key },
    ]
    for (const headers of places) for (const path of ['/v1/models', '/v1/nope', '/health/ready', '/admin/keys', '/v1/jobs/job_1']) await a.ask(path, undefined, { headers })
    for (const body of [chatOf('good'), '{"model":', chatOf('none')]) await a.ask('/v1/chat/completions', body, { key })
    await a.raw(`GET / HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\0\r\n\r\n`)
  }
}

/** Upstreams that fail, each in its own way, and then are left alone. */
async function failed(a: Asker): Promise<void> {
  const slow = ['silent', 'silent', 'drip'].map(async (model, n) => a.chat(model, { stream: n > 0 }))
  for (const model of wayNames.filter((name) => !slowWays.includes(name))) await Promise.all([a.chat(model, { seed: 2 }), a.chat(model, { seed: 2, stream: true })])
  await a.until(async () => a.chat('bad500', { seed: a.replies.length }), ({ status }) => status === 503)
  await Promise.all(slow)
}

/** Over the rate, and more at once than there is room for. */
async function crowded(a: Asker): Promise<void> {
  for (let n = 0; n < 2; n++) await a.chat('good', {}, { key: secrets.limited })
  const streams = await Promise.all(Array.from({ length: 6 }, async (_, seed) => a.begin('held', { seed })))
  const replies = await Promise.all([3, 4, 5].map(async (seed) => a.chat('good', { seed })))
  expect(replies.map(({ status }) => status)).toEqual([503, 503, 503])
  for (const stream of streams) stream.destroy()
}

/** Keys that are made, changed and ended. */
async function managed(a: Asker): Promise<void> {
  await a.learn('/admin/keys', { id: 'team' })
  await a.learn('/admin/keys/team/rotate', {})
  await a.learn('/admin/keys/caller/rotate', {})
  await identified(a)
  const changes = [
    ['GET', '', undefined], ['POST', '', { id: 'team' }], ['POST', '', { id: typed }], ['POST', '/team/rotate', { overlapSeconds: -1 }], ['DELETE', '/none', undefined],
    ['DELETE', '/team', undefined], ['POST', '/team/rotate', {}], ['GET', '', undefined], ['PUT', '', {}],
  ] as const
  for (const [method, path, body] of changes) await a.ask(`/admin/keys${path}`, body, { ...admin, method })
  for (const key of a.told) await a.ask('/v1/models', undefined, { key })
}

/** Jobs that are done, failed, cancelled, forgotten, somebody else's. */
async function worked(a: Asker): Promise<void> {
  const job = (model: string) => ({ url: '/v1/chat/completions', body: chatOf(model, { seed: 9 }) })
  const submit = async (model: string): Promise<string> => (JSON.parse((await a.ask('/v1/jobs', job(model))).text) as { id: string }).id
  for (const id of [await submit('good'), await submit('cut'), await submit('bad400')]) {
    for (const path of [`/v1/jobs/${id}/events`, `/v1/jobs/${id}`]) await a.ask(path)
    expect(await a.ask(`/v1/jobs/${id}`, undefined, { key: secrets.limited })).toMatchObject({ status: 404 })
  }
  const held = await submit('held')
  await a.until(async () => a.ask(`/v1/jobs/${held}`), ({ text }) => text.includes('"running"'))
  for (let n = 0; n < 2; n++) await a.ask(`/v1/jobs/${held}`, undefined, { method: 'DELETE' })
  const idempotent = { headers: { authorization: `Bearer ${secrets.caller}`, 'idempotency-key': typed } }
  for (const model of ['good', 'whole']) await a.ask('/v1/jobs', job(model), idempotent)
  await a.ask('/v1/jobs', { url: asked.prompt, body: { prompt: asked.prompt } })
}

/** What is stored once no job waits or runs; then it is gone, and everything that needs it is asked. */
async function lost(a: Asker, redis: Redis): Promise<string> {
  await expect.poll(async () => redis.client.keys('*bull:jobs:job_*'), { timeout: 10_000 }).toEqual([])
  const stored = await everythingIn(redis.client)
  await redis.stop()
  for (const key of [secrets.limited, secrets.poor, secrets.caller]) await a.chat('good', {}, { key })
  for (const path of ['', '/team/rotate']) await a.ask(`/admin/keys${path}`, { id: 'late' }, admin)
  await a.ask('/v1/jobs', { url: '/v1/chat/completions', body: chatOf('good') })
  await a.ask('/health/ready')
  return stored
}

/** Runs the real gateway through all of it and collects what came out, wherever that was. */
async function swept(errors: ConfigInput['errors'], redis: Redis | undefined) {
  const go = Promise.withResolvers<void>()
  await using up = await fakeUpstream(talkative(go.promise))
  await using otlp = await otlpReceiver()
  await redis?.client.config('SET', 'requirepass', secrets.password)
  const url = redis === undefined ? undefined : `redis://:${encodeURIComponent(secrets.password)}@127.0.0.1:${redis.port}`
  const config = sweepConfig({ origin: `http://127.0.0.1:${up.port}`, otlp: otlp.endpoint, redis: url, errors })
  await using gw = await launchGateway(config, { env: { GOOD_KEY: keyOf('good') }, node: ['--import', `data:text/javascript,console.error(${JSON.stringify(stderrMarker)})`] })
  const a = new Asker(await gw.listening)
  // Its sender is too slow, and waited for last.
  const tooSlow = a.raw(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-API-Key: ${secrets.caller}\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"messages":"${secrets.custom}`)
  await answered(a)
  await shared(a, go.resolve)
  await mistaken(a)
  await failed(a)
  await crowded(a)
  await managed(a)
  if (redis !== undefined) await worked(a)
  const stored = redis === undefined ? '' : await lost(a, redis)
  await tooSlow
  const { text: metrics } = await a.ask('/metrics')
  const live = await a.begin('held')
  gw.child.kill('SIGTERM')
  await a.until(async () => a.ask('/v1/models'), ({ status }) => status === 503)
  await a.keep(live)
  expect(await gw.exit).toEqual([0, null])

  const collected: Collected = {
    bodies: [...new Set(a.replies.map(({ text }) => text))].join('\n'), headers: a.replies.map(({ headers }) => JSON.stringify(headers)).join('\n'),
    log: gw.lines.join('\n'), stderr: await gw.stderr, metrics, traces: [...otlp.texts, JSON.stringify(otlp.headers)].join('\n'), redis: stored,
    upstream: up.seen.map(({ request, body }) => `${JSON.stringify(request.rawHeaders).replace(keyOf(wayOf(request.url)), '(its key)')}\n${request.url}\n${body}`).join('\n'),
  }
  return { collected, told: a.told, statuses: [...new Set(a.replies.map(({ status }) => status))].toSorted((x, y) => x - y) }
}

function canariesOf(told: readonly string[]): Canary[] {
  const { caller, limited, poor, agent, ...others } = secrets
  return [
    ...Object.entries({ caller, limited, poor, ...Object.fromEntries(told.entries()) }).map(([name, text]): Canary => ({ name: `key ${name}`, text, hashed: ['redis'] })),
    ...Object.entries(others).map(([name, text]): Canary => ({ name, text })),
    ...wayNames.map((name): Canary => ({ name: `upstream key ${name}`, text: keyOf(name), allowed: name === 'named' ? ['bodies', 'redis'] : [] })),
    { name: 'user agent', text: agent, allowed: ['upstream'] },
    { name: 'prompt', text: asked.prompt, allowed: ['upstream'] },
    // A job's error says what the upstream said, as its result does.
    { name: 'prompt that upstreams quote', text: asked.quoted, allowed: ['upstream', 'bodies', 'redis'] },
    { name: 'answer', text: answerText, allowed: ['bodies', 'redis'] },
    { name: 'typed', text: typed, allowed: ['bodies'] },
  ]
}

/** The errors of which no line of the log tells. */
const unseen = (log: string): string[] => Object.keys(registry).filter((id) => !log.includes(`"error":"${id}"`)).toSorted()
/** A bug, two lost workers, and a reader a megabyte behind: their texts stand in the registry, and nothing of a request goes into them. */
const elsewhere = ['GW_ERR_INTERNAL', 'GW_ERR_JOB_LOST', 'GW_ERR_READ_TOO_SLOWLY']

function judged({ collected, told }: Pick<Awaited<ReturnType<typeof swept>>, 'collected' | 'told'>): void {
  const canaries = canariesOf(told)
  expect(leaks(collected, canaries)).toEqual([])
  expect(collected.log).toContain('"keyId":"team","change":"rotated"')
  expect(collected.log.match(/"msg":"request"/g)?.length).toBeGreaterThan(300)
  const harmless: Partial<Collected> = { bodies: 'answer canary', headers: marker, log: marker, stderr: stderrMarker, metrics: 'gateway_requests_total{', traces: marker, upstream: 'prompt canary' }
  for (const channel of channels) expect(collected[channel]).toContain(harmless[channel] ?? '')
  // What would have been found: every spelling of everything, in each place where it must not be.
  for (const channel of channels) {
    const planted = canaries.flatMap((canary) => forbidden(canary).filter((place) => place.channel === channel).map(({ spelling }) => spelling))
    const found = leaks({ [channel]: `${collected[channel]} ${planted.join(' ')}` }, canaries)
    expect([channel, found.length]).toEqual([channel, planted.length])
  }
}

test(`no key, prompt or answer where it does not belong: everything on, with a Redis that is lost${redisMissing === undefined ? '' : ` (${redisMissing})`}`, { skip: redisMissing !== undefined }, async () => {
  await using redis = await startRedis()
  const sweep = await swept('openai', redis)
  judged(sweep)
  expect(sweep.collected.redis).toContain('answer canary')
  expect(sweep.statuses).toEqual([200, 201, 202, 400, 401, 403, 404, 405, 408, 409, 413, 415, 417, 422, 429, 431, 500, 502, 503, 504])
  expect(unseen(sweep.collected.log)).toEqual(elsewhere)
})

test('no key, prompt or answer where it does not belong: keys in memory, problem documents', async () => {
  const sweep = await swept('problem+json', undefined)
  judged(sweep)
  expect(sweep.collected.bodies).toContain('urn:gauntlet:error:GW_ERR_INVALID_REQUEST')
  const ofRedis = ['GW_ERR_IDEMPOTENCY_CONFLICT', 'GW_ERR_JOBS_UNAVAILABLE', 'GW_ERR_JOB_CANCELLED', 'GW_ERR_JOB_NOT_FOUND', 'GW_ERR_KEYS_UNAVAILABLE', 'GW_ERR_LIMITS_UNAVAILABLE']
  expect(unseen(sweep.collected.log)).toEqual([...elsewhere, ...ofRedis].toSorted())
})

import { expect, test } from 'vitest'
import type { ConfigInput } from '../config.ts'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, fakeUpstream, open, post, read, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

const ok: Handler = (response, seen) => {
  if (seen.body.includes('"stream":true')) answerStream(response, sse(chunk({ content: 'answer-canary' }), chunk({}, 'stop'), '[DONE]')).end()
  else answerJson(response, completion('answer-canary'))
}

async function start(handler: Handler, overrides: Overrides = {}) {
  const up = await fakeUpstream(handler)
  const gw = await startGateway(testConfig([up.baseURL], { metrics: {}, ...overrides } satisfies Partial<ConfigInput>))
  return {
    up,
    gw,
    /** Samples by name and labels; a request is counted when its connection is done with it, which may be after its answer was read. */
    async until(sample: string, value: number): Promise<Map<string, number>> {
      for (;;) {
        const samples = await scrape(gw.url)
        if (samples.get(sample) === value) return samples
      }
    },
    async [Symbol.asyncDispose]() {
      await gw[Symbol.asyncDispose]()
      await up[Symbol.asyncDispose]()
    },
  }
}

async function text(url: string): Promise<string> {
  const reply = await read(await open(`${url}/metrics`, undefined, { headers: { authorization: '' } }).response)
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })
  return reply.text
}

async function scrape(url: string): Promise<Map<string, number>> {
  const lines = (await text(url)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

const chat = 'gen_ai_operation_name="chat",gen_ai_request_model="chat"'
const prices = { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], price: { inputPerMillion: 2_000_000, outputPerMillion: 1_000_000 } } }

test('a request is counted by route, status and error, with its time, tokens and cost', async () => {
  await using t = await start(ok, { models: prices })
  await post(t.gw.url)
  await post(t.gw.url, { ...chatBody, stream: true })
  await post(t.gw.url, { ...chatBody, model: 'nope' })
  const samples = await t.until('gateway_requests_total{route="/v1/chat/completions",status="404",error="GW_ERR_MODEL_NOT_FOUND"}', 1)
  expect(Object.fromEntries(samples)).toMatchObject({
    'gateway_requests_total{route="/v1/chat/completions",status="200",error=""}': 2,
    'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/v1/chat/completions",http_response_status_code="200"}': 2,
    [`gen_ai_server_request_duration_seconds_count{${chat},error_type=""}`]: 2,
    [`gen_ai_server_time_to_first_token_seconds_count{${chat}}`]: 1,
    [`gen_ai_client_token_usage_count{${chat},gen_ai_token_type="input"}`]: 2,
    'gen_ai_client_operation_duration_seconds_count{gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="tiny",error_type=""}': 2,
    'gateway_upstream_attempts_total{upstream="up1",outcome="ok",status=""}': 2,
    gateway_requests_in_flight: 0,
  })
  expect(samples.get('gateway_cost_total{model="chat"}')).toBeGreaterThanOrEqual(3)
  expect(samples.has('process_resident_memory_bytes')).toBe(true)
})

test('the boundaries are those of the OpenTelemetry conventions', async () => {
  await using t = await start(ok)
  await post(t.gw.url, { ...chatBody, stream: true })
  const samples = await t.until(`gen_ai_server_time_to_first_token_seconds_count{${chat}}`, 1)
  const bounds = (name: string) => [...samples.keys()].filter((key) => key.startsWith(`${name}_bucket`)).map((key) => /le="([^"]+)"/.exec(key)?.[1]).join(' ')
  expect(bounds('gen_ai_server_time_to_first_token_seconds')).toBe('0.001 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.25 0.5 0.75 1 2.5 5 7.5 10 +Inf')
  expect(bounds('gen_ai_server_request_duration_seconds')).toBe('0.01 0.02 0.04 0.08 0.16 0.32 0.64 1.28 2.56 5.12 10.24 20.48 40.96 81.92 +Inf')
})

test('attempts are counted by how they ended, and circuits shown', async () => {
  await using t = await start((response, _seen, nth) => (nth === 1 ? answerJson(response, '{"error":{"message":"no"}}', 429) : response.destroy()), { breaker: { failures: 2, cooldownMs: 60_000 } })
  await post(t.gw.url)
  const samples = await t.until('gateway_requests_total{route="/v1/chat/completions",status="502",error="GW_ERR_UPSTREAM_UNREACHABLE"}', 1)
  expect(Object.fromEntries(samples)).toMatchObject({
    'gateway_upstream_attempts_total{upstream="up1",outcome="status",status="429"}': 1,
    'gateway_upstream_attempts_total{upstream="up1",outcome="unreachable",status=""}': 2,
    'gateway_breaker_state{upstream="up1"}': 2,
    'gateway_breaker_transitions_total{upstream="up1",from="closed",to="open"}': 1,
  })
})

test('an attempt that its caller left, and a stream that broke, are told apart', async () => {
  await using t = await start((response, _seen, nth) => {
    answerStream(response, sse(chunk({ content: 'hi' })))
    if (nth === 2) response.end()
  })
  const { request, response } = open(`${t.gw.url}/v1/chat/completions`, { ...chatBody, stream: true })
  ;(await response).once('data', () => request.destroy())
  await t.until('gateway_upstream_attempts_total{upstream="up1",outcome="left",status=""}', 1)
  await post(t.gw.url, { ...chatBody, stream: true })
  const samples = await t.until('gateway_upstream_attempts_total{upstream="up1",outcome="cut",status=""}', 1)
  expect(samples.get('gateway_requests_total{route="/v1/chat/completions",status="200",error="GW_ERR_CALLER_GONE"}')).toBe(1)
  expect(samples.get('gateway_requests_total{route="/v1/chat/completions",status="200",error="GW_ERR_UPSTREAM_CUT"}')).toBe(1)
})

test('the queue is shown while it is full', async () => {
  const go = Promise.withResolvers<void>()
  await using t = await start((response, seen, nth) => void go.promise.then(() => ok(response, seen, nth)), { queue: { concurrency: 1, waiting: 5 } })
  const replies = [post(t.gw.url), post(t.gw.url), post(t.gw.url)]
  const samples = await t.until('gateway_queue_waiting', 2)
  expect(samples.get('gateway_queue_running')).toBe(1)
  expect(samples.get('gateway_requests_in_flight')).toBe(3)
  go.resolve()
  await Promise.all(replies)
  await t.until('gateway_queue_wait_seconds_count', 3)
  await t.until('gateway_queue_waiting', 0)
})

test('what the cache did is counted', async () => {
  await using t = await start(ok, { cache: {} })
  for (let n = 0; n < 3; n++) await post(t.gw.url)
  await post(t.gw.url, chatBody, { headers: { 'cache-control': 'no-store' } })
  const samples = await t.until('gateway_cache_total{outcome="bypass"}', 1)
  expect([samples.get('gateway_cache_total{outcome="miss"}'), samples.get('gateway_cache_total{outcome="hit"}')]).toEqual([1, 2])
})

test('what limits and budgets refuse is counted', async () => {
  await using t = await start(ok, {
    rateLimits: { routes: { embeddings: { algorithm: 'token-bucket', capacity: 1, refillPerSecond: 0.001 } } },
    budgets: { perKey: { tokensPerDay: 0 } },
  })
  expect(await post(t.gw.url)).toMatchObject({ status: 429 })
  await t.until('gateway_budget_refusals_total', 1)
  for (let n = 0; n < 2; n++) await read(await open(`${t.gw.url}/v1/embeddings`, { model: 'chat', input: 'x' }).response)
  await t.until('gateway_rate_limited_total{route="/v1/embeddings"}', 1)
})

test('a Redis that is away is 0', async () => {
  await using t = await start(ok, { redis: { url: 'redis://127.0.0.1:1', required: false } })
  await t.until('gateway_redis_up', 0)
})

test('tokens and cost by key only where that is wanted', async () => {
  await using plain = await start(ok, { models: prices })
  await post(plain.gw.url)
  await plain.until('gateway_cost_total{model="chat"}', 3)
  expect(await text(plain.gw.url)).not.toContain('key="caller"')

  await using t = await start(ok, { models: prices, metrics: { perKey: true } })
  await post(t.gw.url)
  const samples = await t.until('gateway_key_cost_total{key="caller"}', 3)
  expect(samples.get('gateway_key_tokens_total{key="caller",type="input"}')).toBe(1)
})

test('no secret, no word of a prompt or an answer; and nothing a caller types makes a series', async () => {
  await using t = await start(ok)
  await post(t.gw.url, { ...chatBody, messages: [{ role: 'user', content: 'prompt-canary' }] })
  const series = (samples: Map<string, number>) => [...samples.keys()].filter((key) => key.startsWith('g') || key.startsWith('http')).length
  await post(t.gw.url, { ...chatBody, model: 'typed-canary' })
  await read(await open(`${t.gw.url}/path-canary-0?key=sk-canary`, undefined).response)
  const first = series(await t.until('gateway_requests_total{route="(unknown)",status="404",error="GW_ERR_UNKNOWN_URL"}', 1))
  for (let n = 1; n < 20; n++) {
    await post(t.gw.url, { ...chatBody, model: `typed-canary-${n}` })
    await read(await open(`${t.gw.url}/path-canary-${n}`, undefined).response)
  }
  const samples = await t.until('gateway_requests_total{route="(unknown)",status="404",error="GW_ERR_UNKNOWN_URL"}', 20)
  expect(series(samples)).toBe(first)
  const all = await text(t.gw.url)
  for (const secret of ['canary', callerKey, upstreamKey]) expect(all).not.toContain(secret)
})

test('each gateway counts for itself', async () => {
  await using one = await start(ok)
  await using other = await start(ok)
  await post(one.gw.url)
  await one.until('gateway_requests_total{route="/v1/chat/completions",status="200",error=""}', 1)
  expect((await scrape(other.gw.url)).has('gateway_requests_total{route="/v1/chat/completions",status="200",error=""}')).toBe(false)
})

test('answered while draining; another path where that is wanted; other methods are a 405', async () => {
  const go = Promise.withResolvers<void>()
  await using t = await start((response, seen, nth) => void go.promise.then(() => ok(response, seen, nth)), { metrics: { path: '/internal/metrics' } })
  const get = async (path: string, method = 'GET') => read(await open(t.gw.url + path, undefined, { method }).response)
  expect(await get('/metrics')).toMatchObject({ status: 404 })
  expect(await get('/internal/metrics', 'DELETE')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
  const held = post(t.gw.url)
  await t.up.calls(1)
  const drained = t.gw.app.drain()
  expect(await get('/internal/metrics')).toMatchObject({ status: 200 })
  go.resolve()
  await Promise.all([held, drained])
})

test('off: no such route, and nothing is loaded for it', async () => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await read(await open(`${gw.url}/metrics`, undefined).response)).toMatchObject({ status: 404 })
  expect(await read(await open(`${gw.url}/metrics`, undefined, { headers: { authorization: '' } }).response)).toMatchObject({ status: 401 })
})

import { expect, test } from 'vitest'
import { ConfigError, parseConfig } from '../../config.ts'
import { answerJson, chatBody, completion, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from '../../test-support.ts'
import type { Handler } from '../../test-support.ts'
import { message, messagesConfig } from './test-messages.ts'

const chain = { ...chatBody, model: 'chain' }
const says = (text: string): Handler => (response) => answerJson(response, message([{ type: 'text', text }]))
const openAi: Handler = (response) => answerJson(response, completion('from the other'))

test('a request that has no words there is a 400 that names the field, and nobody is called', async () => {
  await using up = await fakeUpstream(says('hi'))
  await using gw = await startGateway(messagesConfig([up.baseURL], { breaker: { failures: 1, cooldownMs: 60_000 } }))
  for (let n = 0; n < 3; n++) {
    const reply = await post(gw.url, { ...chatBody, n: 2 })
    expect(reply).toMatchObject({ status: 400, headers: { 'x-gauntlet-attempts': '0' } })
    expect(errorOf(reply.text)).toMatchObject({ type: 'invalid_request_error', code: 'unsupported_value', param: 'n' })
  }
  expect(up.seen).toHaveLength(0)
  // The circuit has not been told of it.
  expect((await post(gw.url)).status).toBe(200)
})

test('an upstream further down the chain that has the words is asked', async () => {
  await using up = await fakeUpstream(says('hi'))
  await using second = await fakeUpstream(openAi)
  await using gw = await startGateway(messagesConfig([up.baseURL, second.baseURL]))
  expect(await post(gw.url, { ...chain, n: 2 })).toMatchObject({ status: 200, headers: { 'x-gauntlet-upstream': 'up2', 'x-gauntlet-attempts': '1' } })
  expect(up.seen).toHaveLength(0)
})

test('the failure of an upstream that had the words is not hidden behind a 400 of one that had not', async () => {
  await using up = await fakeUpstream(says('hi'))
  await using second = await fakeUpstream((response) => answerJson(response, '{"error":{"message":"down"}}', 503))
  const config = messagesConfig([up.baseURL, second.baseURL], { retry: false })
  const entries = ['up2', 'up1'].map((upstream) => ({ upstream, model: 'tiny' }))
  await using gw = await startGateway({ ...config, models: { chat: { chain: entries } } })
  expect((await post(gw.url, { ...chatBody, n: 2 })).status).toBe(503)
  expect(await post(gw.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-upstream': 'up1' } })
})

test('embeddings: a model that is nothing else is a config error, another one a 400, or the next entry', async () => {
  await using up = await fakeUpstream(says('hi'))
  await using second = await fakeUpstream((response) => answerJson(response, '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}'))
  const config = messagesConfig([up.baseURL, second.baseURL])
  expect(() => parseConfig({ ...config, models: { vectors: { kind: 'embeddings', chain: [{ upstream: 'up1', model: 'tiny' }] } } })).toThrow(new ConfigError(['models.vectors.chain.0.upstream: "up1" has no embeddings']))
  await using gw = await startGateway(config)
  const ask = async (model: string) => read(await open(`${gw.url}/v1/embeddings`, { model, input: 'x' }).response)
  expect(errorOf((await ask('chat')).text)).toMatchObject({ code: 'unsupported_value', param: 'model' })
  expect(await ask('chain')).toMatchObject({ status: 200, headers: { 'x-gauntlet-upstream': 'up2' } })
  expect(up.seen).toHaveLength(0)
})

test('its settings on an upstream of another engine are refused, not ignored', () => {
  const config = testConfig(['http://127.0.0.1:1/v1'])
  expect(() => parseConfig({ ...config, upstreams: { up1: { baseURL: 'http://127.0.0.1:1/v1', anthropic: { maxTokens: 1 } } } })).toThrow(/upstreams\.up1\.anthropic: only for the engine "anthropic"/)
})

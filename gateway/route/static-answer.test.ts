import { expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { answerJson, chatBody, contentOf, dataOf, fakeUpstream, logLines, open, post, read, startGateway, testConfig } from '../test-support.ts'
import type { Overrides } from '../test-support.ts'

/** A gateway whose only upstream is down. */
async function setup(overrides: Overrides) {
  const log = logLines()
  const up = await fakeUpstream((response) => answerJson(response, '{"error":{"message":"no"}}', 503))
  const gw = await startGateway(testConfig([up.baseURL], { models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], price: { inputPerMillion: 1, outputPerMillion: 1 } } }, retry: false, log: { level: 'info' }, ...overrides }), { logTo: log })
  return { url: gw.url, log, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

const fixed: Overrides = { degrade: { steps: ['static'], staticAnswer: 'We are out of order.' } }

test('the configured sentence, marked in header, body and model, and free of charge', async () => {
  await using t = await setup(fixed)
  const reply = await post(t.url, { ...chatBody, n: 2 })
  expect(reply).toMatchObject({ status: 200, headers: { 'x-gauntlet-degraded': 'static' } })
  expect(reply.headers).not.toHaveProperty('x-gauntlet-model')
  expect(JSON.parse(reply.text)).toMatchObject({
    object: 'chat.completion', model: 'static', degraded: true, usage: { total_tokens: 0 },
    choices: [0, 1].map((index) => ({ index, message: { role: 'assistant', content: 'We are out of order.' }, finish_reason: 'stop' })),
  })
  await expect.poll(() => t.log.of('request')).toHaveLength(1)
  expect(t.log.of('request')[0]).not.toHaveProperty('cost')
})

test.each([true, false])('in a stream every chunk is marked (usage asked for: %j)', async (include_usage) => {
  await using t = await setup(fixed)
  const reply = await post(t.url, { ...chatBody, stream: true, stream_options: { include_usage } })
  expect(reply).toMatchObject({ status: 200, whole: true, headers: { 'x-gauntlet-degraded': 'static' } })
  expect(contentOf(reply.text)).toBe('We are out of order.')
  const data = dataOf(reply.text)
  expect(data.pop()).toBe('[DONE]')
  const chunks = data.map((text) => JSON.parse(text) as Record<string, unknown>)
  expect(new Set(chunks.map(({ id, degraded, model, object }) => JSON.stringify([id, degraded, model, object])))).toEqual(new Set([JSON.stringify([chunks[0]?.['id'], true, 'static', 'chat.completion.chunk'])]))
  expect(chunks.filter(({ usage }) => usage !== undefined)).toHaveLength(include_usage ? 1 : 0)
  expect(data.filter((text) => text.includes('"finish_reason":"stop"'))).toHaveLength(1)
})

test.each([
  ['embeddings', '/v1/embeddings', { model: 'chat', input: 'x' }],
  ['an answer in JSON', '/v1/chat/completions', { ...chatBody, response_format: { type: 'json_object' } }],
  ['a call of a tool', '/v1/chat/completions', { ...chatBody, tools: [{ type: 'function' }], tool_choice: 'required' }],
])('no sentence stands for %s', async (_name, path, body) => {
  await using t = await setup(fixed)
  expect(await read(await open(t.url + path, body).response)).toMatchObject({ status: 503, headers: { 'x-gauntlet-degraded': 'refused' } })
})

test('not configured, it is an error and never a 200 with an apology', async () => {
  await using t = await setup({ degrade: {} })
  expect(await post(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-degraded': 'refused' } })
})

test('step and sentence are configured together or not at all', () => {
  for (const degrade of [{ steps: ['static' as const] }, { staticAnswer: 'x' }]) expect(() => parseConfig(testConfig(['http://127.0.0.1:1'], { degrade }))).toThrow(/degrade\.staticAnswer/)
  expect(parseConfig(testConfig(['http://127.0.0.1:1'], { degrade: {} })).degrade).toMatchObject({ steps: ['cache', 'cheaper-model', 'queue'], queueMs: 9_000 })
  expect(parseConfig(testConfig(['http://127.0.0.1:1'])).degrade).toBe(false)
})

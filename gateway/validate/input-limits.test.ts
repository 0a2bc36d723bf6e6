import { expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import { answerJson, chatBody, completion, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from '../test-support.ts'
import type { Overrides } from '../test-support.ts'
import { createInputLimits, inputLimitsConfig } from './input-limits.ts'
import type { ChatRequest } from './validate.ts'

async function start(input: Overrides['input'], rest: Overrides = {}) {
  const up = await fakeUpstream((response, { request }) => answerJson(response, request.url === '/v1/embeddings' ? '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}]}' : completion('hi')))
  const gw = await startGateway(testConfig([up.baseURL], { input, ...rest }))
  return { up, gw, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

const said = (content: unknown): Record<string, unknown> => ({ ...chatBody, messages: [{ role: 'user', content }] })

test.each([
  [null, said('x'.repeat(10_000))],
  ['messages[0].content', said('x'.repeat(10_001))],
  [null, said('🌊'.repeat(10_000))],
  ['messages[0].content', said('🌊'.repeat(10_001))],
  ['messages[0].content', said(`${'x'.repeat(9_000)}${'🌊'.repeat(1_001)}`)],
  [null, said([{ type: 'text', text: 'x'.repeat(6_000) }, { type: 'text', text: 'x'.repeat(4_000) }])],
  ['messages[0].content', said([{ type: 'text', text: 'x'.repeat(6_000) }, { type: 'something', text: 'x'.repeat(4_001) }])],
  [null, said([{ type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(20_000)}` } }])],
  ['messages[1].content', { ...chatBody, messages: [{ role: 'system', content: 'ok' }, { role: 'assistant', content: [{ type: 'refusal', refusal: 'x'.repeat(10_001) }] }] }],
  ['messages[1].content', { ...chatBody, messages: [{ role: 'assistant', content: null }, { role: 'tool', tool_call_id: 'a', content: 'x'.repeat(10_001) }] }],
  [null, { ...chatBody, user: 'team_a.user-1@example.com:7' }],
  ['user', { ...chatBody, user: '' }],
  ['user', { ...chatBody, user: 'x'.repeat(129) }],
  ['user', { ...chatBody, user: "x'; DROP TABLE users" }],
  ['user', { ...chatBody, user: 'line\nbreak' }],
  ['user', { ...chatBody, user: 'abc\n' }],
  ['user', { ...chatBody, user: 'ünïcödé' }],
  ['safety_identifier', { ...chatBody, user: null, safety_identifier: 'a b' }],
])('the defaults, case %#: refused for %s', async (param, body) => {
  await using t = await start({})
  const reply = await post(t.gw.url, body)
  expect(reply.status).toBe(param === null ? 200 : 400)
  if (param !== null) expect(errorOf(reply.text)).toMatchObject({ type: 'invalid_request_error', param })
  expect(t.up.seen).toHaveLength(param === null ? 1 : 0)
})

test('the number of messages, and limits of one’s own', async () => {
  await using t = await start({ messages: 2, messageChars: 5, userPattern: '^u[0-9]+$' })
  const message = { role: 'user', content: 'hello' }
  expect(await post(t.gw.url, { ...chatBody, messages: [message, message], user: 'u1' })).toMatchObject({ status: 200 })
  expect(errorOf((await post(t.gw.url, { ...chatBody, messages: [message, message, message] })).text)).toEqual({ message: "Invalid value for 'messages': expected at most 2 messages.", type: 'invalid_request_error', param: 'messages', code: 'array_above_max_length' })
  expect(errorOf((await post(t.gw.url, { ...chatBody, messages: [{ ...message, content: 'hello!' }] })).text)).toEqual({ message: "Invalid value for 'messages[0].content': expected at most 5 characters.", type: 'invalid_request_error', param: 'messages[0].content', code: 'string_above_max_length' })
  expect(errorOf((await post(t.gw.url, { ...chatBody, user: 'x1' })).text)).toMatchObject({ param: 'user', code: 'invalid_value' })
  expect(t.up.seen).toHaveLength(1)
})

test.each([
  ['12345', null],
  ['123456', 'input'],
  [['12345', '123456'], 'input[1]'],
  [['a', 'b', 'c'], 'input'],
  [[1, 2, 3, 4, 5], null],
  [[1, 2, 3, 4, 5, 6], 'input'],
  [[[1], [1, 2, 3, 4, 5, 6]], 'input[1]'],
])('what is to be embedded, %j: refused for %j', async (input, param) => {
  await using t = await start({ messages: 2, messageChars: 5 })
  const reply = await read(await open(`${t.gw.url}/v1/embeddings`, { model: 'chat', input }).response)
  expect(reply.status).toBe(param === null ? 200 : 400)
  if (param !== null) expect(errorOf(reply.text)).toMatchObject({ param })
  expect(t.up.seen).toHaveLength(param === null ? 1 : 0)
})

test('everything that is over is listed, and no more than can be read', async () => {
  await using t = await start({ messageChars: 1 }, { errors: 'problem+json' })
  const reply = await post(t.gw.url, { ...chatBody, user: 'a b', messages: Array.from({ length: 100 }, () => ({ role: 'user', content: 'too long' })) })
  const { status, errors } = JSON.parse(reply.text) as { status: number; errors: { field: string }[] }
  expect(status).toBe(422)
  expect(errors).toHaveLength(33)
  expect(errors.map(({ field }) => field)).toEqual([...Array.from({ length: 32 }, (_none, index) => `messages[${index}].content`), 'user'])
  expect(reply.text).not.toContain('too long')
})

test('switched off, anything valid goes through', async () => {
  await using t = await start(false)
  expect(await post(t.gw.url, { ...said('x'.repeat(20_000)), user: 'a b' })).toMatchObject({ status: 200 })
})

test.each([
  ['openai', undefined, 400],
  ['openai', 422, 422],
  ['problem+json', undefined, 422],
  ['problem+json', 400, 400],
] as const)('in %s with status %s an invalid request is a %i, for the schema and for the limits', async (errors, status, expected) => {
  await using t = await start(status === undefined ? {} : { status }, { errors })
  for (const body of [{ model: 'chat' }, { ...chatBody, user: 'a b' }, []]) expect(await post(t.gw.url, body)).toMatchObject({ status: expected })
  // What is no JSON was not understood; what names no model of ours was.
  expect(await post(t.gw.url, '{')).toMatchObject({ status: 400 })
  expect(await post(t.gw.url, { ...chatBody, model: 'nope' })).toMatchObject({ status: 404 })
  expect(t.up.seen).toHaveLength(0)
})

test('a pattern that is none is found when the config is read', () => {
  expect(() => parseConfig(testConfig(['http://127.0.0.1:1/v1'], { input: { userPattern: '(' } }))).toThrow('input.userPattern: expected a regular expression')
})

test('a megabyte is measured in milliseconds', () => {
  const limits = createInputLimits(inputLimitsConfig.parse({ messageChars: 900_000 }))
  const body = said(`${'x'.repeat(100_000)}${'🌊'.repeat(450_000)}`) as ChatRequest
  const before = process.cpuUsage()
  limits.check('chat', body)
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1_000).toBeLessThan(250)
})

import OpenAI, { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } from 'openai'
import { expect, test } from 'vitest'
import { callerKey } from './test-support.ts'
import { limitedKey, startForSdk, toolCalls, vector } from './test-sdk.ts'

async function start(firstByteMs?: number) {
  const t = await startForSdk(firstByteMs)
  return { ...t, client: new OpenAI({ baseURL: t.baseURL, apiKey: callerKey, maxRetries: 0 }) }
}

const say = (content: string, model = 'chat') => ({ model, messages: [{ role: 'user' as const, content }] })
const tools = toolCalls.map((call) => ({ type: 'function' as const, function: { name: call.function.name, strict: true, parameters: { type: 'object', properties: {}, additionalProperties: true } } }))

test('chat', async () => {
  await using t = await start()
  const { data: answer, request_id: id } = await t.client.chat.completions.create(say('words')).withResponse()
  expect(answer.choices[0]).toMatchObject({ message: { role: 'assistant', content: 'hello 世界' }, finish_reason: 'stop' })
  expect(answer.usage?.total_tokens).toBe(2)
  expect(await t.logged(id)).toBe(200)
})

test('a stream, raw and through the helper', async () => {
  await using t = await start()
  let text = ''
  for await (const part of await t.client.chat.completions.create({ ...say('words'), stream: true })) text += part.choices[0]?.delta.content ?? ''
  expect(text).toBe('hello 世界')
  expect(await t.client.chat.completions.stream(say('words')).finalContent()).toBe('hello 世界')
})

test('tool calls, whole and put together from their deltas', async () => {
  await using t = await start()
  const answers = [await t.client.chat.completions.create({ ...say('words'), tools }), await t.client.chat.completions.stream({ ...say('words'), tools }).finalChatCompletion()]
  for (const { choices: [choice] } of answers) {
    expect(choice?.finish_reason).toBe('tool_calls')
    expect(choice?.message.content).toBeNull()
    expect(choice?.message.tool_calls).toMatchObject(toolCalls)
  }
})

test.each([[undefined, 'base64'], ['float', 'float']] as const)('embeddings arrive as the numbers that were sent (asked for: %s)', async (asked, sent) => {
  await using t = await start()
  const { data } = await t.client.embeddings.create({ model: 'chat', input: ['x', 'y'], ...(asked === undefined ? {} : { encoding_format: asked }) })
  expect(data.map(({ index, embedding }) => ({ index, embedding }))).toEqual([{ index: 0, embedding: vector }, { index: 1, embedding: vector }])
  expect(JSON.parse(t.up.seen[0]?.body ?? '')).toMatchObject({ encoding_format: sent })
})

test('models', async () => {
  await using t = await start()
  const names: string[] = []
  for await (const model of t.client.models.list()) names.push(model.id)
  expect(names).toEqual(['chat', 'chain', 'unreachable'])
  expect(await t.client.models.retrieve('chat')).toMatchObject({ id: 'chat', object: 'model' })
})

type Failing = (client: OpenAI) => Promise<unknown>
const chat = (content: string, model?: string): Failing => async (client) => client.chat.completions.create(say(content, model))
const stream = (content: string): Failing => async (client) => client.chat.completions.create({ ...say(content), stream: true })

test.each<[string, Failing, new (...args: never[]) => APIError, object]>([
  ['a wrong key', async (client) => client.withOptions({ apiKey: 'wrong' }).models.list(), AuthenticationError, { status: 401, code: 'invalid_api_key' }],
  ['an unknown model', chat('words', 'nope'), NotFoundError, { status: 404, code: 'model_not_found' }],
  ['an unknown URL', async (client) => client.files.list(), NotFoundError, { status: 404, code: 'unknown_url' }],
  ['a bad field', async (client) => client.chat.completions.create({ ...say('words'), temperature: 9 }), BadRequestError, { status: 400, param: 'temperature' }],
  ['the limit of the gateway', async (client) => {
    const limited = client.withOptions({ apiKey: limitedKey })
    await chat('words')(limited)
    await chat('words')(limited)
  }, RateLimitError, { status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' }],
  ['a limit of the upstream', chat('status 429'), RateLimitError, { status: 429, code: 'said_429', type: 'said' }],
  ['a 400 of the upstream', chat('status 400'), BadRequestError, { status: 400, code: 'said_400' }],
  ['a 401 of the upstream, which is not for the caller', chat('status 401'), InternalServerError, { status: 502, code: 'upstream_auth_failed' }],
  ['a 500 of the upstream', chat('status 500'), InternalServerError, { status: 500, code: 'said_500' }],
  ['a 503 of the upstream', chat('status 503'), InternalServerError, { status: 503, code: 'said_503' }],
  ['a 503 in place of a stream', stream('status 503'), InternalServerError, { status: 503, code: 'said_503' }],
  ['no upstream', chat('words', 'unreachable'), InternalServerError, { status: 502, code: 'upstream_unreachable' }],
  ['a silent upstream', chat('silence'), InternalServerError, { status: 504, code: 'upstream_timeout' }],
])('%s is of its own class and carries the request id', async (what, run, type, fields) => {
  await using t = await start(what === 'a silent upstream' ? 100 : undefined)
  const error = await run(t.client).catch((thrown: unknown) => thrown) as APIError
  expect(error).toBeInstanceOf(type)
  expect(error).toMatchObject(fields)
  expect(error.requestID).toBe(error.headers?.get('x-request-id'))
  expect(await t.logged(error.requestID)).toBe(error.status)
  if (error.status === 429) expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0)
})

test.each([['reset', 'upstream_interrupted'], ['short', 'upstream_interrupted'], ['error', 'oom']])('a stream that breaks (%s) is an exception, raw and through the helper', async (how, code) => {
  await using t = await start()
  let text = ''
  const failure = await (async () => {
    for await (const part of await t.client.chat.completions.create({ ...say(how), stream: true })) text += part.choices[0]?.delta.content ?? ''
    return undefined
  })().catch((error: unknown) => error)
  expect(text).toBe('hello ')
  expect(failure).toBeInstanceOf(APIError)
  expect(failure).toMatchObject({ code })
  await expect(t.client.chat.completions.stream(say(how)).finalContent()).rejects.toThrow(APIError)
  await expect(t.client.chat.completions.stream({ ...say(how), tools }).finalChatCompletion()).rejects.toThrow(APIError)
})

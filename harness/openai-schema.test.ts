import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { violations } from './openai-schema.ts'
import type { Entity, SchemaLevel } from './openai-schema.ts'

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
const call = { id: 'call_1', type: 'function', function: { name: 'sum', arguments: '{"a": 1}' } }
const citation = { type: 'url_citation', url_citation: { start_index: 0, end_index: 1, url: 'https://example.com', title: 'A' } }
const logprobs = { content: [{ token: 'A', logprob: -0.1, bytes: [65], top_logprobs: [] }], refusal: null }
const completion = (message: object, finish: string, more: object = {}) => ({
  id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm', system_fingerprint: 'fp', choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: null, ...message }, logprobs: null, finish_reason: finish }], usage, ...more,
})
const chunk = (delta: object, finish: string | null, more: object = {}) => ({
  id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', system_fingerprint: 'fp', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null, ...more,
})

/** Documents that both levels accept, each with something of its own. */
const good: Record<Entity, object[]> = {
  ChatCompletion: [
    completion({ content: 'A' }, 'stop'), completion({ tool_calls: [call] }, 'tool_calls'), completion({ refusal: 'No.' }, 'content_filter'), completion({ content: 'A', annotations: [citation] }, 'length', { service_tier: 'default', metadata: { a: 'b' } }),
    completion({ tool_calls: [{ id: 'call_2', type: 'custom', custom: { name: 'code', input: 'x' } }] }, 'tool_calls'),
    completion({ function_call: { name: 'sum', arguments: '{}' } }, 'function_call'), completion({ audio: { id: 'a', expires_at: 1, data: 'AAAA', transcript: 'A' } }, 'stop'),
    completion({ content: 'A' }, 'stop', { usage: { ...usage, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } } }),
    { ...completion({ content: 'A' }, 'stop'), choices: [{ index: 0, message: { role: 'assistant', content: 'A', refusal: null }, logprobs, finish_reason: 'stop' }] },
  ],
  ChatCompletionChunk: [
    chunk({ role: 'assistant', content: '', refusal: null }, null), chunk({ content: 'A' }, null, { obfuscation: 'x' }), chunk({}, 'stop'), chunk({}, null, { choices: [], usage }),
    chunk({ function_call: { name: 'sum', arguments: '' } }, null),
    chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'sum', arguments: '' } }] }, null),
  ],
  EmbeddingList: [{ object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [0.5, -1] }], usage: { prompt_tokens: 1, total_tokens: 1 } }],
  ModelList: [{ object: 'list', data: [{ id: 'm', object: 'model', created: 1, owned_by: 'us' }] }, { object: 'list', data: [] }],
  ErrorResponse: [{ error: { message: 'No.', type: 'invalid_request_error', param: null, code: 'model_not_found' } }, { error: { message: 'No.', type: 'x', param: 'messages', code: null } }],
}

/** Every document that differs from a good one in one place: a field gone, null, of other types, or with a value nobody knows. */
const mutations = (value: unknown, path = ''): [string, unknown][] => {
  const others: unknown[] = [null, 'x', '', 7, -1, 1.5, true, [], {}].filter((other) => JSON.stringify(other) !== JSON.stringify(value))
  const here = others.map((other): [string, unknown] => [`${path || '/'} = ${JSON.stringify(other)}`, other])
  if (typeof value !== 'object' || value === null) return here
  const inside = Object.entries(value).flatMap(([key, child]) =>
    mutations(child, `${path}/${key}`).map(([name, changed]): [string, unknown] => [name, Array.isArray(value) ? value.map((v: unknown, i) => (`${i}` === key ? changed : v)) : { ...value, [key]: changed }]),
  )
  const gone = Array.isArray(value) ? [] : Object.keys(value).map((key): [string, unknown] => [`${path}/${key} gone`, Object.fromEntries(Object.entries(value).filter(([k]) => k !== key))])
  return [...here, ...gone, ...inside]
}
const all = (Object.keys(good) as Entity[]).flatMap((entity) => good[entity].flatMap((document, i) => mutations(document).map(([name, changed]) => ({ entity, name: `${entity} ${i} ${name}`, changed }))))

describe.each(['core', 'strict'] as const)('%s', (level) => {
  test('accepts good documents, also with fields of a gateway\'s own', () => {
    for (const [entity, documents] of Object.entries(good)) {
      for (const document of documents) expect(violations(level, entity as Entity, { ...document, provider: 'x' }), JSON.stringify(document)).toBeNull()
    }
  })

  test('rejects what is no such document at all', () => {
    for (const entity of Object.keys(good) as Entity[]) for (const other of [null, 7, 'text', [], {}, { error: {} }]) expect(violations(level, entity, other), `${entity} ${JSON.stringify(other)}`).not.toBeNull()
  })

  const musts: [entity: Entity, places: string[]][] = [
    ['ChatCompletion', ['/id', '/object', '/created', '/model', '/choices', '/choices/0/index', '/choices/0/message', '/choices/0/message/role', '/choices/0/finish_reason', '/usage/total_tokens']],
    ['ChatCompletionChunk', ['/id', '/object', '/created', '/model', '/choices', '/choices/0/index', '/choices/0/delta']],
    ['EmbeddingList', ['/object', '/model', '/data', '/usage', '/data/0/object', '/data/0/index', '/data/0/embedding', '/usage/prompt_tokens']],
    ['ModelList', ['/object', '/data', '/data/0/id', '/data/0/object', '/data/0/created', '/data/0/owned_by']],
    ['ErrorResponse', ['/error', '/error/message']],
  ]
  test.each(musts)('rejects %s without any one of the fields SDKs read', (entity, places) => {
    for (const place of places) {
      const found = all.find((m) => m.name === `${entity} 0 ${place} gone`)
      expect(found, place).toBeDefined()
      expect(violations(level, entity, found?.changed), place).toMatch(/required property|must match/)
    }
  })
})

test('what only the whole document asks for', () => {
  const { choices: _, ...rest } = completion({ content: 'A' }, 'stop')
  const bare = { ...rest, choices: [{ index: 0, message: { role: 'assistant', content: 'A' }, finish_reason: 'done' }] }
  expect(violations('core', 'ChatCompletion', bare)).toBeNull()
  expect(violations('strict', 'ChatCompletion', bare)).toMatch(/^\/choices\/0/)
  const base64 = { object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: 'AAAAPw==' }], usage: { prompt_tokens: 1, total_tokens: 1 } }
  expect(violations('core', 'EmbeddingList', base64)).toBeNull()
})

test('a violation names its place and how many more there are', () => {
  expect(violations('core', 'ModelList', { object: 'list', data: [{ object: 'model' }] })).toBe("/data/0 must have required property 'id', and 2 more")
  expect(violations('core', 'ErrorResponse', {})).toBe("the body must have required property 'error'")
})

const published = join(import.meta.dirname, '../../shared/openai')
const here = existsSync(published)

describe.skipIf(!here)(`the same verdict as the published schema${here ? '' : ' (skipped: ../shared/openai is not there)'}`, () => {
  const bundles: Record<SchemaLevel, { file: string; definitions: Record<Entity, string> }> = {
    core: { file: 'core.bundle.json', definitions: { ChatCompletion: 'ChatCompletion', ChatCompletionChunk: 'ChatCompletionChunk', EmbeddingList: 'EmbeddingList', ModelList: 'ModelList', ErrorResponse: 'ErrorResponse' } },
    strict: {
      file: 'openai.bundle.json',
      definitions: { ChatCompletion: 'CreateChatCompletionResponse', ChatCompletionChunk: 'CreateChatCompletionStreamResponse', EmbeddingList: 'CreateEmbeddingResponse', ModelList: 'ListModelsResponse', ErrorResponse: 'ErrorResponse' },
    },
  }
  /** Where we differ on purpose: OpenAI's Model has required fields and no type, and we do not judge how a URL is spelled. */
  const ours = /^(ModelList 0 \/data\/0|ChatCompletion 3 .*\/url) = /

  test.each(['core', 'strict'] as const)('%s, on every good document and every single change of one', (level) => {
    const { file, definitions } = bundles[level]
    const ajv = new Ajv({ strict: false, allErrors: false })
    addFormats.default(ajv)
    ajv.addSchema(JSON.parse(readFileSync(join(published, file), 'utf8')) as object, 'theirs')
    const theirs = Object.fromEntries(Object.entries(definitions).map(([entity, name]) => [entity, ajv.compile({ $ref: `theirs#/definitions/${name}` })]))
    const accepts = (entity: Entity, value: unknown): boolean => theirs[entity]?.(value) === true
    for (const entity of Object.keys(good) as Entity[]) for (const document of good[entity]) expect(accepts(entity, document), JSON.stringify(document)).toBe(true)
    expect(all.length).toBeGreaterThan(1000)
    const differ = all.filter(({ entity, name, changed }) => !(level === 'strict' && ours.test(name)) && accepts(entity, changed) !== (violations(level, entity, changed) === null))
    expect(differ.map(({ entity, name, changed }) => `${name}: ${accepts(entity, changed) ? 'theirs accepts' : 'ours accepts'}`)).toEqual([])
  })
})

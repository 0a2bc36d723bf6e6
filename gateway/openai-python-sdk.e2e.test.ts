import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callerKey } from './test-support.ts'
import { python, pythonMissing } from './test-python.ts'
import { limitedKey, startForSdk, toolCalls, vector } from './test-sdk.ts'

const script = fileURLToPath(new URL('openai_python_sdk.py', import.meta.url))

interface Line extends Record<string, unknown> {
  readonly check: string
}

const spoken = { role: 'assistant', content: 'hello 世界', finish: 'stop', calls: [] }
const called = { role: 'assistant', content: null, finish: 'tool_calls', calls: toolCalls }
const data = [{ index: 0, embedding: vector }, { index: 1, embedding: vector }]

const answers: [check: string, what: object][] = [
  ['chat', { ...spoken, tokens: 2, request_id: expect.stringMatching(/^req_/) as string }],
  ['chat_async', { ...spoken, streamed: 'hello 世界' }],
  ['stream', { content: 'hello 世界' }],
  ['stream_helper', spoken],
  ['tool_calls', called],
  ['tool_calls_streamed', called],
  ['embeddings', { data }],
  ['embeddings_float', { data }],
  ['models', { ids: ['chat', 'chain', 'unreachable'], one: 'chat' }],
]

const errors: [check: string, type: string, status: number, what: object][] = [
  ['wrong key', 'AuthenticationError', 401, { code: 'invalid_api_key' }],
  ['unknown model', 'NotFoundError', 404, { code: 'model_not_found' }],
  ['unknown url', 'NotFoundError', 404, { code: 'unknown_url' }],
  ['bad field', 'BadRequestError', 400, { param: 'temperature' }],
  ['limit of the gateway', 'RateLimitError', 429, { code: 'rate_limit_exceeded', type: 'rate_limit_error', retry_after: expect.stringMatching(/^[1-9]\d*$/) as string }],
  ['upstream 400', 'BadRequestError', 400, { code: 'said_400', type: 'said' }],
  ['upstream 401', 'InternalServerError', 502, { code: 'upstream_auth_failed' }],
  ['upstream 429', 'RateLimitError', 429, { code: 'said_429', retry_after: '9' }],
  ['upstream 500', 'InternalServerError', 500, { code: 'said_500' }],
  ['upstream 503', 'InternalServerError', 503, { code: 'said_503' }],
  ['503 in place of a stream', 'InternalServerError', 503, { code: 'said_503' }],
  ['no upstream', 'InternalServerError', 502, { code: 'upstream_unreachable' }],
  ['silence', 'InternalServerError', 504, { code: 'upstream_timeout' }],
]

const broken = ['reset', 'short', 'error'].flatMap((how) => ['stream', 'stream helper', 'tool calls'].map((by): [check: string, code: string, soFar: string] => [`${by} ${how}`, how === 'error' ? 'oom' : 'upstream_interrupted', by === 'stream' ? 'hello ' : '']))

describe.skipIf(pythonMissing !== undefined)(`the openai SDK for Python${pythonMissing === undefined ? '' : ` (${pythonMissing})`}`, () => {
  let lines: Line[] = []
  let gw: Awaited<ReturnType<typeof startForSdk>>
  const of = (check: string): Omit<Line, 'check'> => {
    const { check: _name, ...what } = lines.find((line) => line.check === check) ?? expect.fail(`nothing is said of ${check}`)
    return what
  }

  beforeAll(async () => {
    gw = await startForSdk(2_000)
    const env = { ...process.env, OPENAI_BASE_URL: gw.baseURL, OPENAI_API_KEY: callerKey, LIMITED_KEY: limitedKey }
    const { stdout } = await promisify(execFile)(python, [script], { env, timeout: 60_000 })
    lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as Line)
  })
  afterAll(async () => gw[Symbol.asyncDispose]())

  test('says nothing that is not looked at here', () => {
    expect(lines.map(({ check }) => check).toSorted()).toEqual([...answers, ...errors, ...broken].map(([check]) => check).toSorted())
  })

  test.each(answers)('%s', (check, what) => {
    expect(of(check)).toEqual(what)
  })

  test('has the request id of an answer', async () => {
    expect(await gw.logged(of('chat')['request_id'])).toBe(200)
  })

  test('asks for base64 unless told otherwise', () => {
    expect(gw.up.seen.filter(({ request }) => request.url === '/v1/embeddings').map(({ body }) => (JSON.parse(body) as { encoding_format?: string }).encoding_format)).toEqual(['base64', 'float'])
  })

  test.each(errors)('%s is a %s, with the request id', async (check, type, status, what) => {
    const error = of(check)
    expect(error).toMatchObject({ class: type, is_status_error: true, status, so_far: '', ...what })
    expect(error['request_id']).toBe(error['header'])
    expect(await gw.logged(error['request_id'])).toBe(status)
  })

  test.each(broken)('%s raises and does not look whole', (check, code, soFar) => {
    expect(of(check)).toMatchObject({ class: 'APIError', code, so_far: soFar })
  })
})

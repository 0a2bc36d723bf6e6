import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { NotFoundError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, isMissing, launch, startOllama } from './components/index.ts'
import type { Launched, OllamaHandle } from './components/index.ts'
import { referenceProgram } from './targets/builtin.ts'

const required = (process.env['GAUNTLET_REQUIRE'] ?? '').includes('ollama')
const dir = await mkdtemp(join(tmpdir(), 'gauntlet-sdk-'))
const found = await startOllama({ logDir: dir })
const reason = isMissing(found) ? `${found.reason}; ${found.install}` : ''
if (reason !== '' && required) throw new Error(`ollama is required and missing: ${reason}`)

/** The official SDK is the oracle client: what it cannot read is not compatible, whatever a schema says. */
describe.skipIf(isMissing(found))(`openai SDK, reference gateway, real Ollama${reason === '' ? '' : ` (skipped: ${reason})`}`, () => {
  const ollama = found as OllamaHandle
  let gateway: Launched
  let client: OpenAI

  beforeAll(async () => {
    const port = await freePort()
    const config = {
      port, keys: [{ id: 'sdk', key: 'sk-sdk-test-key-000000' }], upstreams: { ollama: { baseURL: `${ollama.baseURL}/v1`, apiKey: 'ollama' } },
      models: { words: { chain: [{ upstream: 'ollama', model: ollama.model }] } }, timeouts: { connectMs: 2000, firstByteMs: 60_000, idleMs: 30_000, totalMs: 120_000 },
    }
    await writeFile(join(dir, 'gateway.json'), JSON.stringify(config))
    gateway = await launch({
      name: 'gateway', command: process.execPath, args: [referenceProgram, '--config', join(dir, 'gateway.json')], logFile: join(dir, 'gateway.log'),
      ready: async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).ok,
    })
    client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-sdk-test-key-000000', maxRetries: 0 })
  })
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await ollama[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })

  test('chats', async () => {
    const answer = await client.chat.completions.create({ model: 'words', messages: [{ role: 'user', content: 'Say something.' }], seed: 7, max_tokens: 16 })
    expect(answer.choices[0]?.message.content?.split(' ').length).toBeGreaterThan(2)
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
  })

  test('streams the same words, in several chunks, for the same seed', async () => {
    const request = { model: 'words', messages: [{ role: 'user' as const, content: 'Say something.' }], seed: 7, max_tokens: 16 }
    const whole = await client.chat.completions.create(request)
    const pieces: string[] = []
    let finish: string | null = null
    for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
      pieces.push(chunk.choices[0]?.delta.content ?? '')
      finish = chunk.choices[0]?.finish_reason ?? finish
    }
    expect(pieces.join('')).toBe(whole.choices[0]?.message.content)
    expect(pieces.filter((p) => p !== '').length).toBeGreaterThan(2)
    expect(finish).toMatch(/^(stop|length)$/)
  })

  test('the stream helper takes it as finished', async () => {
    const stream = client.chat.completions.stream({ model: 'words', messages: [{ role: 'user', content: 'Say something.' }], max_tokens: 8 })
    expect((await stream.finalChatCompletion()).choices[0]?.message.role).toBe('assistant')
  })

  test('errors are classes of their own, with a request id', async () => {
    const error: unknown = await client.chat.completions.create({ model: 'nope', messages: [{ role: 'user', content: 'x' }] }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(NotFoundError)
    expect((error as InstanceType<typeof NotFoundError>).requestID).toBeTruthy()
  })
})

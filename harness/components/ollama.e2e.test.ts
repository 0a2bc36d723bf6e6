import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WORDS } from '../model/bigram.ts'
import { greedyAnswer } from '../model/embedded.ts'
import { ownContainers, tempFolder, whyNotHere } from './fixture.ts'
import { startOllama, type OllamaHandle } from './ollama.ts'
import { isMissing } from './types.ts'

const logDir = tempFolder('ollama-e2e')

describe.each(['binary', 'container'] as const)('the bigram model in real Ollama by %s', async (provider) => {
  const reason = await whyNotHere('ollama', provider)
  if (reason !== undefined) {
    test(`needs ollama by ${provider}`, (ctx) => ctx.skip(reason))
    return
  }
  let ollama: OllamaHandle
  beforeAll(async () => {
    const handle = await startOllama({ settings: { provider }, logDir })
    if (isMissing(handle)) throw new Error(handle.reason)
    ollama = handle
  })
  afterAll(async () => {
    await ollama[Symbol.asyncDispose]()
    await expect(fetch(`${ollama.baseURL}/api/version`)).rejects.toThrow()
    expect(await ownContainers()).toEqual([])
  })

  const post = async (path: string, body: object) => {
    const response = await fetch(`${ollama.baseURL}/v1/${path}`, { method: 'POST', body: JSON.stringify({ model: ollama.model, ...body }) })
    expect(response.status).toBe(200)
    return (await response.json()) as { choices: Array<{ message: { content: string }; finish_reason: string }>; data: Array<{ embedding: number[] }> }
  }
  const ask = async (body: object) => {
    const { choices } = await post('chat/completions', { messages: [{ role: 'user', content: 'Say something, please.' }], ...body })
    return { words: choices[0]?.message.content.trim().split(' ') ?? [], reason: choices[0]?.finish_reason }
  }

  test('says only words of ours and ends by itself without max_tokens', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const { words, reason: end } = await ask({ seed })
      expect(end).toBe('stop')
      expect(words.filter((word) => !WORDS.includes(word))).toEqual([])
      expect(words.at(-1)).toMatch(/\.$/)
    }
  })

  test('at temperature 0 it says what the twin says', async () => {
    expect(await ask({ temperature: 0 })).toEqual({ words: greedyAnswer(), reason: 'stop' })
    expect(await ask({ temperature: 0, max_tokens: 4 })).toEqual({ words: greedyAnswer(4), reason: 'length' })
  })

  test('the same seed gives the same text, another seed another one', async () => {
    const texts = new Set<string>()
    for (const seed of [1, 2, 3, 4, 5]) {
      const { words } = await ask({ seed })
      expect((await ask({ seed })).words).toEqual(words)
      texts.add(words.join(' '))
    }
    expect(texts.size).toBeGreaterThan(1)
  })

  test('embeddings come back, the same for the same text', async () => {
    const { data } = await post('embeddings', { input: ['the client waits', 'the client waits', 'a good gateway'] })
    expect(data).toHaveLength(3)
    expect(data[0]?.embedding.length).toBeGreaterThan(100)
    expect(data[1]?.embedding).toEqual(data[0]?.embedding)
    expect(data[2]?.embedding).not.toEqual(data[0]?.embedding)
  })

  test('an Ollama that is given gets the model once and is left running', async () => {
    const attached = await startOllama({ settings: { url: `${ollama.baseURL}/v1/` }, logDir })
    if (isMissing(attached)) throw new Error(attached.reason)
    expect(attached).toMatchObject({ baseURL: ollama.baseURL, model: ollama.model, found: { provider: 'url' } })
    await attached[Symbol.asyncDispose]()
    expect((await ask({ temperature: 0 })).words).toEqual(greedyAnswer())
  })
})

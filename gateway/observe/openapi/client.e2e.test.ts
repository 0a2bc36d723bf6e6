import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { answerJson, callerKey, completion, fakeUpstream, startGateway, testConfig } from '../../test-support.ts'

const run = promisify(execFile)
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
const bin = (name: string): string => join(modules, '.bin', name)

/** A program that uses the client; each `@ts-expect-error` fails to compile should the client take what the gateway refuses. */
const program = `
import { ok } from '@oazapfts/runtime'
import { createChatCompletion, createEmbedding, defaults, getModel, listModels } from './client.ts'

export async function use(baseUrl: string, key: string) {
  defaults.baseUrl = baseUrl
  defaults.headers = { authorization: 'Bearer ' + key }
  const chat = await ok(createChatCompletion({ model: 'chat', messages: [{ role: 'user', content: 'hi' }], x_unknown: 1 }))
  const content: string | null | undefined = chat.choices[0]?.message?.content
  const tokens: number | undefined = chat.usage?.total_tokens
  const vectors = await ok(createEmbedding({ model: 'chat', input: ['a', 'b'] }))
  const vector: number[] | string | undefined = vectors.data[0]?.embedding
  const models: string[] = (await ok(listModels())).data.map(({ id }) => id)
  const model: 'model' = (await ok(getModel('chat'))).object
  const refused = await createChatCompletion({ model: 'nope', messages: [{ role: 'user', content: 'hi' }] })
  const code: string | null | undefined = refused.status === 404 && 'error' in refused.data ? refused.data.error.code : undefined
  return { content, tokens, vector, models, model, status: refused.status, code }
}

export const misuse = () => [
  // @ts-expect-error a request without a model
  createChatCompletion({ messages: [] }),
  // @ts-expect-error a role that does not exist
  createChatCompletion({ model: 'chat', messages: [{ role: 'robot', content: 'hi' }] }),
  // @ts-expect-error a temperature in words
  createChatCompletion({ model: 'chat', messages: [], temperature: 'hot' }),
  // @ts-expect-error what cannot be embedded
  createEmbedding({ model: 'chat', input: { a: 1 } }),
]
`

interface Used {
  readonly use: (baseUrl: string, key: string) => Promise<Record<string, unknown>>
}

test('a client generated from the document compiles, and works', async () => {
  const embeddings = JSON.stringify({ object: 'list', model: 'tiny', data: [{ object: 'embedding', index: 0, embedding: [0.5] }], usage: { prompt_tokens: 1, total_tokens: 1 } })
  await using up = await fakeUpstream((response, { request }) => answerJson(response, request.url === '/v1/embeddings' ? embeddings : completion('hello')))
  await using gw = await startGateway(testConfig([up.baseURL], { docs: true }))
  const folder = await mkdtemp(join(tmpdir(), 'gateway-client-'))
  try {
    await symlink(modules, join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'openapi.json'), await (await fetch(`${gw.url}/openapi.json`)).text())
    await run(bin('oazapfts'), ['openapi.json', 'client.ts'], { cwd: folder })
    await writeFile(join(folder, 'program.ts'), program)
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { strict: true, noUncheckedIndexedAccess: true, target: 'es2024', module: 'nodenext', moduleResolution: 'nodenext', types: ['node'], rewriteRelativeImportExtensions: true, outDir: 'out', skipLibCheck: true }, files: ['program.ts'] }))
    const { stdout } = await run(bin('tsc'), ['-p', folder]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe('')
    const { use } = (await import(pathToFileURL(join(folder, 'out', 'program.js')).href)) as Used
    expect(await use(gw.url, callerKey)).toEqual({ content: 'hello', tokens: 2, vector: [0.5], models: ['chat', 'chain'], model: 'model', status: 404, code: 'model_not_found' })
    expect(JSON.parse(up.seen[0]?.body ?? '')).toMatchObject({ x_unknown: 1 })
  } finally {
    await rm(folder, { recursive: true })
  }
})

const browser = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => ['chromium', 'chromium-browser', 'google-chrome'].map((name) => join(folder, name))).find((path) => existsSync(path))

test.skipIf(browser === undefined)(`the docs page shows the document, in a browser${browser === undefined ? ' (no Chromium on PATH)' : ''}`, async () => {
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { docs: true }))
  const profile = await mkdtemp(join(tmpdir(), 'gateway-docs-'))
  try {
    const { stdout } = await run(browser ?? '', ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, '--virtual-time-budget=5000', '--dump-dom', `${gw.url}/docs`], { maxBuffer: 10_000_000 })
    for (const text of ['/v1/chat/completions', 'Answer a conversation', 'curl -X POST', 'ChatCompletionChunk']) expect(stdout).toContain(text)
  } finally {
    await rm(profile, { recursive: true, force: true })
  }
})

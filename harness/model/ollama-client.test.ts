import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { bigramModel } from './modelfile.ts'
import { OllamaClient } from './ollama-client.ts'

const root = 'http://ollama.test:11434'
const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

test('create uploads the file under its digest and names it in the model', async () => {
  const model = bigramModel()
  const seen: unknown[] = []
  server.use(
    http.post(`${root}/api/blobs/:digest`, async ({ params, request }) => {
      seen.push(params['digest'], (await request.arrayBuffer()).byteLength)
      return new HttpResponse(null, { status: 201 })
    }),
    http.post(`${root}/api/create`, async ({ request }) => {
      seen.push(await request.json())
      return HttpResponse.json({ status: 'success' })
    }),
  )
  await new OllamaClient(root).create(model)
  expect(seen).toEqual([
    model.file.digest,
    model.file.bytes.length,
    { model: model.name, files: { 'bigram.gguf': model.file.digest }, template: model.template, parameters: model.parameters, stream: false },
  ])
})

test('has is false for 404 only', async () => {
  const client = new OllamaClient(root)
  server.use(http.post(`${root}/api/show`, () => HttpResponse.json({ error: 'model not found' }, { status: 404 }), { once: true }))
  expect(await client.has('x')).toBe(false)
  server.use(http.post(`${root}/api/show`, () => HttpResponse.json({ details: {} }), { once: true }))
  expect(await client.has('x')).toBe(true)
  server.use(http.post(`${root}/api/show`, () => HttpResponse.text('disk full', { status: 500 })))
  await expect(client.has('x')).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_START', message: 'Ollama POST /api/show: 500 disk full' })
})

test('a create that ends without success, and a server that is gone, are errors with the reason', async () => {
  server.use(
    http.post(`${root}/api/blobs/:digest`, () => new HttpResponse(null, { status: 201 })),
    http.post(`${root}/api/create`, () => HttpResponse.json({ status: 'unknown architecture' })),
  )
  await expect(new OllamaClient(root).create(bigramModel())).rejects.toThrow('unknown architecture')
  server.use(http.post(`${root}/api/generate`, () => HttpResponse.error()))
  await expect(new OllamaClient(root).load('x')).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_START' })
})

test('an abort is the reason of the abort, not an error of Ollama', async () => {
  const stop = new Error('stopped by the user')
  await expect(new OllamaClient(root, AbortSignal.abort(stop)).load('x')).rejects.toBe(stop)
})

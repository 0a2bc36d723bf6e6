import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { decodeSse } from '../../schemas/sse.ts'
import { ask, chat, post, raw, SOON } from './fixture.ts'
import { MODEL_LOST } from './model-relay.ts'
import { Upstream } from './upstream.ts'

const NONCE = 'n1-f0'
const modelled = async (): Promise<Upstream> => {
  const upstream = await Upstream.start()
  upstream.expect(NONCE, {}, true)
  return upstream
}
const ollama = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, baseURL: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` }
}

test('the embedded twin says the same for the same nonce, as JSON and as a stream', async () => {
  await using upstream = await modelled()
  const json = (await (await ask(upstream, chat(NONCE))).json()) as { choices: { message: { content: string } }[]; usage: { completion_tokens: number } }
  const text = json.choices[0]?.message.content ?? ''
  expect(text.split(' ')).toHaveLength(json.usage.completion_tokens)
  const { events } = decodeSse([Buffer.from(await (await ask(upstream, chat(NONCE, { stream: true }))).arrayBuffer())])
  expect(events.at(-1)?.data).toBe('[DONE]')
  const words = events.slice(0, -1).map((e) => (JSON.parse(e.data) as { choices: { delta: { content: string } }[] }).choices[0]?.delta.content ?? '')
  expect(words.join('')).toBe(text)
})

test('the embedded twin keeps to max_tokens and to a seed, and refuses what is no chat', async () => {
  await using upstream = await modelled()
  const say = async (more: object) => {
    const answer = (await (await ask(upstream, chat(NONCE, more))).json()) as { choices: { message: { content: string } }[] }
    return answer.choices[0]?.message.content
  }
  expect((await say({ max_tokens: 2, seed: 5 }))?.split(' ')).toHaveLength(2)
  expect(await say({ seed: 5 })).toBe(await say({ seed: 5 }))
  expect((await ask(upstream, `{"prompt":"[gauntlet:${NONCE}]"}`)).status).toBe(400)
})

test('a real model answers byte for byte, under its own name for the model', async () => {
  await using upstream = await modelled()
  const asked: { url: string; body: Record<string, unknown> }[] = []
  const bytes = 'data: {"choices":[{"delta":{"content":"the"}}]}\n\n: odd\n\ndata: [DONE]\n\n'
  const { server, baseURL } = await ollama((req, res) => {
    let body = ''
    req.on('data', (part: Buffer) => (body += part.toString())).on('end', () => {
      asked.push({ url: req.url ?? '', body: JSON.parse(body) as Record<string, unknown> })
      res.writeHead(200, { 'content-type': 'text/event-stream' }).end(bytes)
    })
  })
  await using _ = server
  upstream.model = { baseURL, name: 'gauntlet-bigram' }
  const answer = await ask(upstream, chat(NONCE, { stream: true, temperature: 0 }))
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/event-stream', bytes])
  expect(asked).toMatchObject([{ url: '/v1/chat/completions', body: { model: 'gauntlet-bigram', stream: true, temperature: 0 } }])
  await upstream.idle(SOON)
  expect(upstream.journal.take().flatMap((r) => (r.kind === 'event' ? [`${r.index} ${r.text}`] : []))).toEqual(['1 {"choices":[{"delta":{"content":"the"}}]}', '0 [DONE]'])
})

test('an error of the real model is passed on', async () => {
  await using upstream = await modelled()
  const { server, baseURL } = await ollama((_req, res) => res.writeHead(503, { 'content-type': 'application/json' }).end('{"error":"loading"}'))
  await using _ = server
  upstream.model = { baseURL, name: 'm' }
  const answer = await ask(upstream, chat(NONCE))
  expect([answer.status, await answer.text()]).toEqual([503, '{"error":"loading"}'])
})

test.each(['before its answer', 'in the middle of it'])('a real model that goes away %s is on record, and the harness lives', async (when) => {
  await using upstream = await modelled()
  const { server, baseURL } = await ollama((_, res) => {
    if (when === 'before its answer') return void res.destroy()
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n', () => res.destroy())
  })
  await using _ = server
  upstream.model = { baseURL, name: 'm' }
  const { ended } = await raw(upstream.ports.primary, post(chat(NONCE, { stream: true })))
  expect(await ended).toBe('ECONNRESET')
  expect(upstream.journal.take()).toContainEqual(expect.objectContaining({ kind: 'fault', fault: MODEL_LOST }))
})

test('a caller that leaves takes the call to the real model with it', async () => {
  await using upstream = await modelled()
  const gone = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const { server, baseURL } = await ollama((_, res) => {
    res.on('close', () => gone.resolve())
    arrived.resolve()
  })
  await using _ = server
  upstream.model = { baseURL, name: 'm' }
  const { socket } = await raw(upstream.ports.primary, post(chat(NONCE)))
  await arrived.promise
  socket.destroy()
  await gone.promise
  expect(await upstream.idle(SOON)).toBe(true)
  expect(upstream.journal.take().some((r) => r.kind === 'fault')).toBe(false)
})

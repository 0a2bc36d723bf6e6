import type { ServerResponse } from 'node:http'
import { answer } from '../model/embedded.ts'
import { unsalted } from '../nonce.ts'
import { errorBody } from './wire.ts'

type Record_ =
  | { kind: 'head'; status: number; headers: [string, string][] }
  | { kind: 'event'; index: number; text: string }
  | { kind: 'body'; text: string }

/** Name of the fault that nobody asked for: the real model went away while it was needed. */
export const MODEL_LOST = 'model-lost'

/** Where a real model answers, up to and without /v1, and what it is called there. */
export interface RealModel {
  baseURL: string
  name: string
}

interface Relay {
  path: string
  request: Record<string, unknown>
  nonce: string
  model: RealModel | undefined
  signal: AbortSignal
  record: (r: Record_) => void
}

/** Answers from a language model: the real one byte for byte, or its embedded twin in the same shape. */
export const relayModel = async (res: ServerResponse, relay: Relay): Promise<void> => {
  const { model, request, record, signal } = relay
  if (model === undefined) return embedded(res, relay)
  const reply = await fetch(`${model.baseURL}${relay.path}`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: unsalted(JSON.stringify({ ...request, model: model.name })), signal,
  })
  const type = reply.headers.get('content-type') ?? 'application/octet-stream'
  res.writeHead(reply.status, { 'content-type': type })
  record({ kind: 'head', status: reply.status, headers: [['content-type', type]] })
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of reply.body ?? []) {
    res.write(bytes)
    text += decoder.decode(bytes, { stream: true })
  }
  if (type.includes('event-stream')) {
    let words = 0
    for (const line of text.split('\n').filter((l) => l.startsWith('data: '))) record({ kind: 'event', index: /"content":"[^"]/.test(line) ? ++words : 0, text: line.slice(6) })
  } else record({ kind: 'body', text })
  res.end()
}

const embedded = (res: ServerResponse, { request, nonce, record }: Relay): void => {
  const words = answer({ seed: typeof request['seed'] === 'number' ? request['seed'] : unsalted(nonce), maxWords: Number(request['max_tokens'] ?? 16) })
  const base = { id: `chatcmpl-${nonce}`, created: 1_750_000_000, model: 'tiny' }
  const usage = { prompt_tokens: 4, completion_tokens: words.length, total_tokens: 4 + words.length }
  if (!Array.isArray(request['messages'])) {
    const text = JSON.stringify(errorBody(400, 'messages is missing'))
    record({ kind: 'head', status: 400, headers: [] })
    record({ kind: 'body', text })
    res.writeHead(400, { 'content-type': 'application/json' }).end(text)
    return
  }
  if (request['stream'] !== true) {
    const choice = { index: 0, message: { role: 'assistant', content: words.join(' ') }, finish_reason: 'stop' }
    const text = JSON.stringify({ ...base, object: 'chat.completion', choices: [choice], usage })
    record({ kind: 'head', status: 200, headers: [['content-type', 'application/json']] })
    record({ kind: 'body', text })
    res.writeHead(200, { 'content-type': 'application/json' }).end(text)
    return
  }
  record({ kind: 'head', status: 200, headers: [['content-type', 'text/event-stream']] })
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const say = (text: string, index: number): void => {
    res.write(`data: ${text}\n\n`)
    record({ kind: 'event', index, text })
  }
  const chunk = (delta: object, finish: string | null): string => JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })
  words.forEach((word, i) => say(chunk({ role: 'assistant', content: i === 0 ? word : ` ${word}` }, null), i + 1))
  say(chunk({ content: '' }, 'stop'), 0)
  say('[DONE]', 0)
  res.end()
}

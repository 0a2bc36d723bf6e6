import type { ServerResponse } from 'node:http'
import { frame } from './sink.ts'

const shared = { id: 'chatcmpl-canned', created: 1, model: 'tiny' }
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }

/** Sends a fixed and formally perfect answer: a model list, an embedding, a completion or a stream. */
export function sendCanned(res: ServerResponse, path: string, stream: boolean, text: string): void {
  if (stream) {
    const chunk = (delta: object, finish: string | null): string =>
      JSON.stringify({ ...shared, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }] })
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    res.end([chunk({ role: 'assistant', content: text }, null), chunk({}, 'stop'), '[DONE]'].map(frame).join(''))
    return
  }
  const message = { role: 'assistant', content: text, refusal: null }
  const answer = path.endsWith('/models')
    ? { object: 'list', data: [{ id: 'gauntlet-chat', object: 'model', created: 1, owned_by: 'gateway' }] }
    : path.endsWith('/embeddings')
      ? { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0, 0] }], model: 'tiny', usage }
      : { ...shared, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }], usage }
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

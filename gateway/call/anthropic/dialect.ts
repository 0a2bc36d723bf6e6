import { notAStream } from '../../check/json-answer.ts'
import type { ChatRequest } from '../../validate/validate.ts'
import type { Call } from '../attempt.ts'
import type { Dialect } from '../dialect.ts'
import { completionOf } from './answer.ts'
import { anthropicConfig } from './config.ts'
import type { AnthropicConfig } from './config.ts'
import { messagesStatusError, openAiErrorBody } from './errors.ts'
import { refuse } from './refuse.ts'
import { messagesRequest } from './request.ts'
import { messageFrames } from './stream.ts'

/** Anthropic's Messages API. There are no embeddings there. */
export function anthropicDialect(config: AnthropicConfig = anthropicConfig.parse({})): Dialect {
  return {
    headers: (apiKey) => ({ 'anthropic-version': config.version, ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }) }),
    request(call, model) {
      if (call.path !== '/chat/completions') throw refuse('model', 'Embeddings')
      return { path: '/messages', body: JSON.stringify(messagesRequest(chatOf(call), model, config)) }
    },
    statusError: messagesStatusError,
    notAStream: (body, scrub) => notAStream(openAiErrorBody(body), scrub),
    answer: (body, _call, scrub) => completionOf(body, scrub),
    frames: (exchange, call, options) => messageFrames(exchange, { ...options, includeUsage: chatOf(call).stream_options?.include_usage === true }),
  }
}

// Only chat calls get this far, and their bodies have been validated.
function chatOf(call: Call): ChatRequest {
  return (call.body ?? JSON.parse(call.raw)) as ChatRequest
}

import { chatFrames } from '../check/chat-stream.ts'
import { checkAnswer, notAStream } from '../check/json-answer.ts'
import { statusError } from '../check/upstream-error.ts'
import { replaceModel } from '../validate/json-body.ts'
import type { Dialect } from './dialect.ts'

/** OpenAI's own dialect, and of all that are compatible with it: bytes go through as they are, but for the model's name. */
export const openAiDialect: Dialect = {
  headers: (apiKey) => (apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  request: (call, model) => ({ path: call.path, body: replaceModel(call.raw, model) }),
  statusError,
  notAStream,
  answer: (bytes, call, scrub) => checkAnswer(bytes, call.path === '/embeddings' ? 'data' : 'choices', scrub),
  frames: (exchange, call, options) => chatFrames(exchange, { ...options, choices: call.choices }),
}

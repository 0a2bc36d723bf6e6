import { GatewayError } from '../errors.ts'
import type { Model } from './registry.ts'
import type { EmbeddingsRequest } from '../validate/validate.ts'
import { inputsOf, textsOf } from './prompt.ts'
import type { Asked } from './prompt.ts'

/**
 * Ordinary text has three to five bytes to a token. With eight and more it is sure to be refused upstream only when it is no run of one
 * character; such prompts are rare enough to be refused here.
 */
const bytesPerTokenAtMost = 8

/** Why a model cannot take a request, as the 400 that the caller gets; undefined when nothing speaks against it. */
export function misfit(model: Pick<Model, 'name' | 'kind' | 'streaming' | 'contextWindow'>, asked: Asked): GatewayError | undefined {
  if (model.kind !== 'any' && model.kind !== asked.kind) return wrongKind(model.name, asked.kind)
  if (asked.call.stream && !model.streaming) return new GatewayError('GW_ERR_CANNOT_STREAM', { message: `The model '${model.name}' cannot stream. Leave out \`stream\`.`, param: 'stream' })
  if (model.contextWindow !== undefined && clearlyOver(asked, model.contextWindow)) return tooLong(model.name, model.contextWindow, asked.kind)
  return undefined
}

/** Whether a prompt is larger than a context window even by the most generous estimate; tokens that were sent as such are counted. */
function clearlyOver(asked: Asked, contextWindow: number): boolean {
  const most = contextWindow * bytesPerTokenAtMost
  if (asked.kind === 'embeddings') return inputsOf(asked.body as EmbeddingsRequest).some((one) => (typeof one === 'string' ? Buffer.byteLength(one) > most : one.length > contextWindow))
  // No text is larger than three times the body that it came in, in UTF-16 units: most requests are told apart without a look at their texts.
  if (asked.call.raw.length * 3 <= most) return false
  return textsOf(asked).reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) > most
}

function wrongKind(name: string, kind: Asked['kind']): GatewayError {
  const [does, url] = kind === 'chat' ? ['embeddings', '/v1/embeddings'] : ['chat completions', '/v1/chat/completions']
  return new GatewayError('GW_ERR_INVALID_REQUEST', { message: `The model '${name}' is for ${does} only. Use ${url}, or another model.`, code: 'unsupported_value', param: 'model' })
}

function tooLong(name: string, contextWindow: number, kind: Asked['kind']): GatewayError {
  const message = `The prompt is longer than the context window of the model '${name}', which is ${contextWindow} tokens.`
  return new GatewayError('GW_ERR_INVALID_REQUEST', { message, code: 'context_length_exceeded', param: kind === 'chat' ? 'messages' : 'input' })
}

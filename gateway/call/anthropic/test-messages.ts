import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import type { ServerResponse } from 'node:http'
import type { ConfigInput } from '../../config.ts'
import { testConfig } from '../../test-support.ts'
import type { Overrides } from '../../test-support.ts'

type Json = Record<string, unknown>

/** One event as the Messages API frames it. */
export function event(type: string, data: Json = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`
}

/** The canonical beginning of a stream. */
export function started(usage: Json = { input_tokens: 25, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }): string {
  return event('message_start', { message: { id: 'msg_01XFDUDYJgAACzvnptvVoYEL', type: 'message', role: 'assistant', content: [], model: 'claude-tiny', stop_reason: null, stop_sequence: null, usage } })
}

export function textBlock(index: number, ...texts: string[]): string {
  const deltas = texts.map((text) => event('content_block_delta', { index, delta: { type: 'text_delta', text } }))
  return [event('content_block_start', { index, content_block: { type: 'text', text: '' } }), ...deltas, event('content_block_stop', { index })].join('')
}

export function toolBlock(index: number, id: string, name: string, ...parts: string[]): string {
  const deltas = parts.map((part) => event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: part } }))
  return [event('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } }), ...deltas, event('content_block_stop', { index })].join('')
}

export function thinkingBlock(index: number, text: string): string {
  return [
    event('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } }),
    event('content_block_delta', { index, delta: { type: 'thinking_delta', thinking: text } }),
    event('content_block_delta', { index, delta: { type: 'signature_delta', signature: 'EqQB' } }),
    event('content_block_stop', { index }),
  ].join('')
}

/** The canonical end of a stream. */
export function ended(stopReason = 'end_turn', usage: Json = { output_tokens: 15 }): string {
  return event('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage }) + event('message_stop')
}

export const overloaded = { error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' }

/** A whole JSON answer. */
export function message(content: readonly Json[], stopReason: string | null = 'end_turn', more: Json = {}): string {
  return JSON.stringify({ id: 'msg_01XFDUDYJgAACzvnptvVoYEL', type: 'message', role: 'assistant', model: 'claude-tiny', content, stop_reason: stopReason, stop_sequence: null, usage: { input_tokens: 2095, output_tokens: 503 }, ...more })
}

/** Begins an answer of events. */
export function answerEvents(response: ServerResponse, text: string): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.write(text)
  return response
}

/** A config whose first upstream speaks the Messages API; the others speak OpenAI's. */
export function messagesConfig(baseURLs: readonly string[], overrides: Overrides = {}, anthropic?: ConfigInput['upstreams'][string]['anthropic']): ConfigInput {
  const config = testConfig(baseURLs, overrides)
  const first = config.upstreams['up1']
  if (first === undefined) throw new Error('no upstream given')
  return { ...config, upstreams: { ...config.upstreams, up1: { ...first, engine: 'anthropic', ...(anthropic === undefined ? {} : { anthropic }) } } }
}

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
ajv.addSchema(JSON.parse(readFileSync(new URL('../../../schemas/openai/strict.schema.json', import.meta.url), 'utf8')) as Json, 'strict')

/** What OpenAI's published schema finds wrong with a value, at its strictest. */
export function violations(entity: 'ChatCompletion' | 'ChatCompletionChunk', value: unknown): string[] {
  const validate = ajv.getSchema(`strict#/definitions/${entity}`)
  if (validate === undefined) throw new Error(`no schema for ${entity}`)
  return validate(value) === true ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

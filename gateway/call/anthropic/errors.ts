import type { IncomingHttpHeaders } from 'node:http'
import { parseJson } from '../../check/json-answer.ts'
import type { Scrub } from '../../check/scrub.ts'
import { embeddedError, isObject, statusError } from '../../check/upstream-error.ts'
import type { UpstreamError } from '../../errors.ts'

interface Words {
  readonly type: string
  readonly code: string | null
}

/** What the Messages API's error types are called in OpenAI's. A type that is not here keeps its name. */
const words: Readonly<Record<string, Words>> = {
  invalid_request_error: { type: 'invalid_request_error', code: null },
  // A Messages request names nothing but a model that could be missing.
  not_found_error: { type: 'invalid_request_error', code: 'model_not_found' },
  request_too_large: { type: 'invalid_request_error', code: 'request_too_large' },
  rate_limit_error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  billing_error: { type: 'insufficient_quota', code: 'insufficient_quota' },
  api_error: { type: 'server_error', code: null },
  timeout_error: { type: 'server_error', code: 'upstream_timeout' },
  overloaded_error: { type: 'service_unavailable_error', code: 'server_is_overloaded' },
}

/** Statuses that only this API has, and those that the policies and the SDKs know for the same thing. */
const statuses: Readonly<Record<number, number>> = { 402: 429, 529: 503 }

/** The failure that an answer with another status than 200 is. */
export function messagesStatusError(exchange: { readonly status: number; readonly headers: IncomingHttpHeaders }, body: Buffer, scrub: Scrub): UpstreamError {
  return statusError({ status: statuses[exchange.status] ?? exchange.status, headers: exchange.headers }, openAiErrorBody(body), scrub)
}

/** The failure that an `error` event, or an error object in place of a message, is. */
export function messagesError(json: Record<string, unknown>, scrub: Scrub): UpstreamError {
  return embeddedError(openAiError(json['error']), scrub)
}

/** An error body as OpenAI would have sent it; anything else, such as a page of a proxy in between, stays as it is. */
export function openAiErrorBody(body: Buffer): Buffer {
  const json = parseJson(body.toString('utf8'))
  return isObject(json) && isObject(json['error']) ? Buffer.from(JSON.stringify({ error: openAiError(json['error']) })) : body
}

function openAiError(error: unknown): unknown {
  if (!isObject(error) || typeof error['type'] !== 'string') return error
  return { ...error, ...(Object.hasOwn(words, error['type']) ? words[error['type']] : {}) }
}

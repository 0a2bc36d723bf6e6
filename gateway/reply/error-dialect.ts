import type { Config } from '../config.ts'
import type { GatewayError } from '../errors.ts'
import { problemOf } from './problem-json.ts'

/** How errors are written. */
export interface ErrorDialect {
  readonly contentType: string
  status(error: GatewayError): number
  /** The body of an answer with that status. */
  body(error: GatewayError, requestId: string): string
  /** The data of the last event of a stream that fails in the middle. */
  event(error: GatewayError, requestId: string): string
}

/** Makes the dialect that the config asks for. */
export function createErrorDialect({ errors, input }: Pick<Config, 'errors' | 'input'>): ErrorDialect {
  const invalid = (input === false ? undefined : input.status) ?? (errors === 'openai' ? 400 : 422)
  const status = (error: GatewayError): number => (error.id === 'GW_ERR_INVALID_REQUEST' ? invalid : error.status)
  const envelope = (error: GatewayError): string => JSON.stringify(error.envelope())
  if (errors === 'openai') return { contentType: 'application/json; charset=utf-8', status, body: envelope, event: envelope }
  return {
    contentType: 'application/problem+json',
    status,
    body: (error, requestId) => JSON.stringify(problemOf(error, status(error), requestId)),
    // Both in one: the head went out as a 200, so SDKs look for nothing but `error`, which RFC 9457 allows as an extension.
    event: (error, requestId) => JSON.stringify({ ...problemOf(error, status(error), requestId), ...error.envelope() }),
  }
}

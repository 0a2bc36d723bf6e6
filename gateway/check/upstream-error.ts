import { UpstreamError } from '../errors.ts'
import type { Exchange } from '../call/exchange.ts'
import { formatRetryAfter, parseRetryAfter } from '../call/retry-after.ts'
import type { Scrub } from './scrub.ts'

interface Fields {
  readonly message?: string | undefined
  readonly type?: string | undefined
  readonly code?: string | undefined
  readonly param?: string | undefined
  readonly moderation?: boolean
}

/** What upstreams call it when they refuse a prompt for what it says. */
const moderationCodes = new Set(['content_policy_violation', 'content_filter', 'content_filtered', 'moderation', 'moderation_blocked', 'responsibleaipolicyviolation'])

/** Turns an upstream answer that is not a 200 into the failure it means for the caller. */
export function statusError(exchange: Pick<Exchange, 'status' | 'headers'>, body: Buffer, scrub: Scrub): UpstreamError {
  const { status } = exchange
  // The upstream refused the gateway's key, not the caller's: a 401 would make SDKs and people look at the wrong key.
  const fields = scrubbed(readFields(body.toString('utf8')), scrub)
  if (status === 401 || (status === 403 && fields.moderation !== true)) return new UpstreamError('auth', 'GW_ERR_UPSTREAM_AUTH', { headers: { 'x-should-retry': 'false' } })
  if (status < 400 || status > 599) {
    const kind = status >= 300 && status < 400 ? 'redirect' : 'bad-answer'
    return new UpstreamError(kind, 'GW_ERR_UPSTREAM_BAD_ANSWER', { message: `The upstream answered with status ${status}, which is no answer to this request.` })
  }
  if (fields.moderation === true) return moderated(status, fields)
  const retryAfterMs = parseRetryAfter(exchange.headers['retry-after'])
  return new UpstreamError('status', 'GW_ERR_UPSTREAM_ERROR', {
    status,
    message: fields.message ?? `The upstream answered with status ${status}.`,
    type: fields.type ?? defaultType(status),
    code: fields.code ?? null,
    param: fields.param ?? null,
    retryAfterMs,
    // Re-emitted from what was understood: "-1" or garbage makes some SDKs come back at once.
    headers: retryAfterMs === undefined ? {} : { 'retry-after': formatRetryAfter(retryAfterMs) },
  })
}

/** The failure that an `error` member in a 200 body or in a stream event stands for. */
export function embeddedError(value: unknown, scrub: Scrub): UpstreamError {
  const fields = scrubbed(fieldsOf(value), scrub)
  if (fields.moderation === true) return moderated(400, fields)
  return new UpstreamError('error-event', 'GW_ERR_UPSTREAM_ERROR', {
    message: fields.message ?? 'The upstream reported an error in its answer.',
    type: fields.type ?? 'server_error',
    code: fields.code ?? null,
    param: fields.param ?? null,
  })
}

// No other try and no other upstream: the text would only be refused again, or be answered where the rules are laxer.
function moderated(status: number, fields: Fields): UpstreamError {
  return new UpstreamError('moderation', 'GW_ERR_UPSTREAM_ERROR', {
    status,
    message: fields.message ?? 'The upstream refused the request for its content.',
    type: fields.type ?? 'invalid_request_error',
    code: fields.code ?? 'content_policy_violation',
    param: fields.param ?? null,
    headers: { 'x-should-retry': 'false' },
  })
}

function defaultType(status: number): string {
  if (status === 429) return 'rate_limit_error'
  if (status === 503) return 'service_unavailable_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

function readFields(text: string): Fields {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? fieldsOf(json['error'] ?? json) : fieldsOf(json)
  } catch {
    // A plain sentence is worth keeping; a web page of some proxy in between is not.
    const plain = text.trim()
    return plain === '' || /[<>\0\uFFFD{}]/.test(plain) ? {} : { message: plain.replaceAll(/\s+/g, ' ') }
  }
}

function fieldsOf(error: unknown): Fields {
  if (typeof error === 'string') return { message: textOf(error) }
  if (!isObject(error)) return {}
  const { metadata } = error
  const type = textOf(error['type'])
  const code = typeof error['code'] === 'number' ? String(error['code']) : textOf(error['code'])
  return {
    message: textOf(error['message']) ?? textOf(error['detail']) ?? textOf(error['msg']),
    type,
    code,
    param: textOf(error['param']),
    // OpenRouter has no code of its own for it, only the list of reasons.
    moderation: moderationCodes.has(code?.toLowerCase() ?? '') || moderationCodes.has(type?.toLowerCase() ?? '') || (isObject(metadata) && Array.isArray(metadata['reasons'])),
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return /<\/?(?:html|head|body|!doctype)/i.test(value) || /<!doctype/i.test(value) ? undefined : value
}

function scrubbed(fields: Fields, scrub: Scrub): Fields {
  const clean = (text: string | undefined): string | undefined => (text === undefined ? undefined : scrub(text))
  return { ...fields, message: clean(fields.message), type: clean(fields.type), code: clean(fields.code), param: clean(fields.param) }
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The items of a list, none of anything else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Where a failure comes from; retry, breaker and mapping decide on this, not on the status the caller will see. */
export type Origin = 'caller' | 'gateway' | 'abort' | 'open' | 'status' | 'connect' | 'timeout' | 'answer' | 'cut' | 'in-band'

export interface FailureFields {
  origin: Origin
  /** What the caller gets. */
  status: number
  message: string
  type?: string | undefined
  code?: string | null
  param?: string | null
  /** What the upstream sent, when it sent a status. */
  upstreamStatus?: number
  /** A valid Retry-After, as it was written. */
  retryAfter?: string | null
  headers?: Record<string, string>
}

const typeOf = (status: number): string => (status === 429 ? 'rate_limit_error' : status < 500 ? 'invalid_request_error' : 'server_error')

/** The one error of the proxy: what happened, and the envelope the caller may see of it. */
export class Failure extends Error {
  readonly origin: Origin
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  readonly upstreamStatus: number | null
  readonly retryAfter: string | null
  readonly headers: Record<string, string>

  constructor(fields: FailureFields) {
    super(fields.message)
    this.origin = fields.origin
    this.status = fields.status
    this.type = fields.type ?? typeOf(fields.status)
    this.code = fields.code ?? null
    this.param = fields.param ?? null
    this.upstreamStatus = fields.upstreamStatus ?? null
    this.retryAfter = fields.retryAfter ?? null
    this.headers = fields.headers ?? {}
  }

  /** OpenAI's error object with all four keys. */
  envelope(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

/** Anything thrown, as a failure; what we did not foresee is our own 500 and shows nothing. */
export const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure({ origin: 'gateway', status: 500, message: 'The gateway failed.', code: 'internal_error' })

/** An object's fields, or none; the shape of JSON that others wrote is never assumed. */
export const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

/** Milliseconds a Retry-After asks for, seconds or an HTTP date; null for anything else. */
export function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - Date.now())
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null)

/** Reads the error object out of an upstream's JSON, scrubbed; null when there is none. */
export function upstreamError(json: unknown, scrub: (text: string) => string): Pick<FailureFields, 'message' | 'type' | 'code' | 'param'> | null {
  const error = fieldsOf(json)['error']
  if (error === undefined || error === null) return null
  const fields = typeof error === 'string' ? { message: error } : fieldsOf(error)
  const clean = (key: string): string | null => {
    const value = text((fields as Record<string, unknown>)[key])
    return value === null ? null : scrub(value).slice(0, 2000)
  }
  return { message: clean('message') ?? 'The upstream reported an error.', type: clean('type') ?? undefined, code: clean('code'), param: clean('param') }
}

interface Entry {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly message: string
  /** For the operator, in the log; a caller never sees it. */
  readonly hint: string
}

/** Every error the gateway can make, by stable id. `type` and `code` are what OpenAI's SDKs read. */
export const registry = {
  GW_ERR_INVALID_KEY: {
    status: 401,
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    message: 'Missing or incorrect API key. Send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.',
    hint: 'The key is compared by SHA-256 with `keys` of the config and what GET /admin/keys lists.',
  },
  GW_ERR_UNKNOWN_URL: { status: 404, type: 'invalid_request_error', code: 'unknown_url', message: 'Unknown request URL.', hint: 'See README for the routes.' },
  GW_ERR_METHOD: { status: 405, type: 'invalid_request_error', code: 'method_not_allowed', message: 'This URL does not take that method.', hint: 'See the Allow header.' },
  GW_ERR_BODY_TOO_LARGE: { status: 413, type: 'invalid_request_error', code: 'request_too_large', message: 'The request body is too large.', hint: 'Raise limits.bodyBytes.' },
  GW_ERR_MEDIA_TYPE: { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type', message: 'Send the body as `Content-Type: application/json`, without content encoding.', hint: 'The caller sent another type.' },
  GW_ERR_MALFORMED_HTTP: { status: 400, type: 'invalid_request_error', code: null, message: 'The request is not valid HTTP.', hint: 'Refused before routing.' },
  GW_ERR_MALFORMED_JSON: { status: 400, type: 'invalid_request_error', code: null, message: 'We could not parse the JSON body of your request.', hint: 'The caller sent something that is not JSON in UTF-8.' },
  GW_ERR_INVALID_REQUEST: { status: 400, type: 'invalid_request_error', code: 'invalid_value', message: 'The request is not valid.', hint: 'Refused at the boundary; no upstream was called.' },
  GW_ERR_MODEL_NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'model_not_found', message: 'The model does not exist.', hint: 'Only the names in `models` of the config are served.' },
  GW_ERR_CANNOT_STREAM: { status: 400, type: 'invalid_request_error', code: 'unsupported_value', message: 'This model cannot stream.', hint: 'models.NAME.streaming is false.' },
  GW_ERR_RATE_LIMITED: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'Too many requests. Try again after the time in `Retry-After`.', hint: 'rateLimits of the key and the route.' },
  GW_ERR_LIMITS_UNAVAILABLE: { status: 503, type: 'service_unavailable_error', code: 'limits_unavailable', message: 'Requests cannot be counted at the moment. Try again later.', hint: 'Redis is lost and redis.whenLost is "closed".' },
  GW_ERR_BUDGET_SPENT: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', message: 'The budget for today is spent.', hint: 'budgets of the key or of all keys; it starts anew at midnight UTC.' },
  GW_ERR_BUDGET_HELD: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'What is left of the budget for today is set aside for requests in flight. Try again when they are answered.', hint: 'Nothing is spent yet; budgets.reserveTokens is how much each of them holds.' },
  GW_ERR_OVERLOADED: { status: 503, type: 'service_unavailable_error', code: 'overloaded', message: 'Too many requests are waiting. Try again after the time in `Retry-After`.', hint: 'queue.concurrency, queue.waiting, queue.timeoutMs.' },
  GW_ERR_FORBIDDEN: { status: 403, type: 'invalid_request_error', code: 'forbidden', message: 'This key may not do that.', hint: 'Key management takes the admin key only.' },
  GW_ERR_NO_SUCH_KEY: { status: 404, type: 'invalid_request_error', code: 'key_not_found', message: 'No key has this id.', hint: 'Keys of the config and keys that were created are listed by GET /admin/keys.' },
  GW_ERR_KEY_EXISTS: { status: 409, type: 'invalid_request_error', code: 'key_exists', message: 'A key has this id already.', hint: 'Rotate it, or take another id.' },
  GW_ERR_KEY_CONFLICT: { status: 409, type: 'invalid_request_error', code: 'key_conflict', message: 'The key cannot be changed like that.', hint: 'It is revoked, or there are too many keys: admin.maxKeys in all, eight in their overlap of one id.' },
  GW_ERR_KEYS_UNAVAILABLE: { status: 503, type: 'service_unavailable_error', code: 'keys_unavailable', message: 'Keys cannot be changed at the moment. Try again later.', hint: 'Redis is lost; a change that only one replica knew would not be one.' },
  GW_ERR_JOB_NOT_FOUND: { status: 404, type: 'invalid_request_error', code: 'job_not_found', message: 'No job of yours has this id.', hint: 'Results are kept for jobs.keepSeconds.' },
  GW_ERR_JOBS_UNAVAILABLE: { status: 503, type: 'service_unavailable_error', code: 'jobs_unavailable', message: 'Jobs cannot be taken at the moment. Try again later.', hint: 'Redis is lost, or jobs.maxWaiting is reached.' },
  GW_ERR_JOB_CANCELLED: { status: 409, type: 'invalid_request_error', code: 'job_cancelled', message: 'The job was cancelled.', hint: 'By DELETE /v1/jobs/ID; the status exists in logs only.' },
  GW_ERR_JOB_LOST: { status: 500, type: 'server_error', code: 'job_lost', message: 'The job was begun twice, and each time its worker was lost.', hint: 'Two workers were killed, or were silent for longer than jobs.lockMs; the status exists in logs only.' },
  GW_ERR_IDEMPOTENCY_CONFLICT: { status: 422, type: 'invalid_request_error', code: 'idempotency_conflict', message: 'Another job was made with this Idempotency-Key.', hint: 'A key stands for one job, for as long as its result is kept.' },
  GW_ERR_DRAINING: { status: 503, type: 'service_unavailable_error', code: 'gateway_draining', message: 'The gateway is shutting down. Try again on a new connection.', hint: 'SIGTERM was received.' },
  GW_ERR_READ_TOO_SLOWLY: { status: 503, type: 'service_unavailable_error', code: 'read_too_slowly', message: 'The answer is shared with others and was read too slowly to wait for. Ask again.', hint: 'The last event of a coalesced stream whose caller stayed more than a megabyte behind the fastest one.' },
  GW_ERR_CALLER_GONE: { status: 499, type: 'invalid_request_error', code: 'caller_gone', message: 'The caller closed the connection.', hint: 'Nothing was wrong here or upstream; the status exists in logs only.' },
  GW_ERR_TOTAL_TIMEOUT: { status: 504, type: 'server_error', code: 'upstream_timeout', message: 'The request took too long in all.', hint: 'timeouts.totalMs, retries and fallback included.' },
  GW_ERR_UPSTREAM_TIMEOUT: { status: 504, type: 'server_error', code: 'upstream_timeout', message: 'The upstream did not answer in time.', hint: 'timeouts.connectMs, firstByteMs or idleMs.' },
  GW_ERR_UPSTREAM_UNREACHABLE: { status: 502, type: 'server_error', code: 'upstream_unreachable', message: 'The upstream could not be reached.', hint: 'Refused, reset or closed before the response head.' },
  GW_ERR_UPSTREAM_CUT: { status: 502, type: 'server_error', code: 'upstream_interrupted', message: 'The upstream broke off its answer.', hint: 'The connection ended before the answer did.' },
  GW_ERR_UPSTREAM_BAD_ANSWER: { status: 502, type: 'server_error', code: 'upstream_bad_response', message: 'The upstream sent an answer that cannot be used.', hint: 'Wrong content type, not JSON, not a completion, or a status that is no answer.' },
  GW_ERR_UPSTREAM_ERROR: { status: 502, type: 'server_error', code: null, message: 'The upstream reported an error.', hint: 'Status and fields are the upstream\'s own, scrubbed.' },
  GW_ERR_UPSTREAM_AUTH: { status: 502, type: 'server_error', code: 'upstream_auth_failed', message: 'The gateway could not authenticate with the upstream. Your own key is fine.', hint: 'Check upstreams.NAME.apiKey.' },
  GW_ERR_CIRCUIT_OPEN: { status: 503, type: 'service_unavailable_error', code: 'upstream_circuit_open', message: 'The upstream failed repeatedly and is given time to recover.', hint: 'breaker.failures and breaker.cooldownMs.' },
  GW_ERR_INTERNAL: { status: 500, type: 'server_error', code: 'internal_error', message: 'The gateway failed.', hint: 'A bug: the log line has the stack.' },
} as const satisfies Record<string, Entry>

export type ErrorId = keyof typeof registry

/** What is wrong with one field of a request. */
export interface FieldError {
  /** As in OpenAI's `param`: `messages[0].content`. */
  readonly field: string
  readonly message: string
  readonly code: string
}

export interface ErrorDetail {
  readonly status?: number
  readonly message?: string
  readonly type?: string
  readonly code?: string | null
  readonly param?: string | null
  readonly fields?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** An error that knows its OpenAI envelope. `cause` is for the log, never for the caller. */
export class GatewayError extends Error {
  readonly id: ErrorId
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly type: string
  readonly code: string | null
  readonly param: string | null
  /** Everything that is wrong with the request, where more is known than one `param`. */
  readonly fields: readonly FieldError[]

  constructor(id: ErrorId, detail: ErrorDetail = {}) {
    const entry = registry[id]
    super(detail.message ?? entry.message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'GatewayError'
    this.id = id
    this.status = detail.status ?? entry.status
    this.headers = detail.headers ?? {}
    this.type = detail.type ?? entry.type
    this.code = detail.code === undefined ? entry.code : detail.code
    this.param = detail.param ?? null
    this.fields = detail.fields ?? []
  }

  /** The OpenAI error object, all four keys, ready to be serialised. */
  envelope(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

/** What an upstream attempt can fail of; policies decide by it, never by message or status text. */
export type FailureKind = 'status' | 'auth' | 'redirect' | 'unreachable' | 'timeout' | 'cut' | 'bad-answer' | 'error-event' | 'moderation' | 'circuit-open' | 'unsupported'

/** A failed upstream attempt. What becomes of it (retry, fallback, breaker) is decided by the policies. */
export class UpstreamError extends GatewayError {
  readonly kind: FailureKind
  /** The wait that the upstream asked for, when it asked for a valid one. */
  readonly retryAfterMs: number | undefined

  constructor(kind: FailureKind, id: ErrorId, detail: ErrorDetail & { readonly retryAfterMs?: number | undefined } = {}) {
    super(id, detail)
    this.name = 'UpstreamError'
    this.kind = kind
    this.retryAfterMs = detail.retryAfterMs
  }
}

/** Whether an upstream says, with whatever status, that the request itself is wrong: no other try will do better. */
export function blamesRequest(error: UpstreamError): boolean {
  return error.kind === 'moderation' || (error.kind === 'error-event' && error.type === 'invalid_request_error')
}

/** The refusal of a request for its fields: the first of them speaks for all where a dialect has room for one only. */
export function invalidFields(fields: readonly FieldError[]): GatewayError {
  const [first] = fields
  return new GatewayError('GW_ERR_INVALID_REQUEST', first === undefined ? {} : { message: first.message, code: first.code, param: first.field, fields })
}

/** Wraps whatever was thrown, so that a caller always gets an envelope and never a stack. */
export function asGatewayError(error: unknown): GatewayError {
  return error instanceof GatewayError ? error : new GatewayError('GW_ERR_INTERNAL', { cause: error })
}

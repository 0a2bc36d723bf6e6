import type { FastifyBaseLogger } from 'fastify'
import type { Call } from '../call/attempt.ts'
import { UpstreamError } from '../errors.ts'
import type { Trace } from '../observe/trace.ts'

/** One failed attempt as codes only: messages of the network layer hold addresses. */
export function summary(error: unknown): string {
  if (!(error instanceof UpstreamError)) return 'GW_ERR_INTERNAL'
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return [error.id, error.kind === 'status' ? error.status : error.kind, ...(typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? [code] : [])].join(' ')
}

interface Attempted {
  readonly upstream: string
  readonly call: Call
  readonly trace: Trace
}

/**
 * Logs a failed attempt as far as it is worth a line of its own. What somebody has to look at is an `error` line with a stable marker
 * in `escalation`. What the upstream said is on a `debug` line, without the words of the request: errors like to quote them.
 */
export function reportFailure(log: FastifyBaseLogger, { upstream, call, trace }: Attempted, error: unknown): void {
  if (!(error instanceof UpstreamError)) return
  const line = { requestId: call.headers['x-request-id'], traceId: trace.traceId, upstream, attempt: trace.attempts, failure: summary(error) }
  const escalation = escalationOf(error)
  if (escalation !== undefined) log.error({ ...line, caller: trace.caller, escalation }, 'escalation')
  if (log.level !== 'debug' && log.level !== 'trace') return
  const masked = masker(call.raw)
  log.debug({ ...line, payload: { message: masked(error.message), type: masked(error.type), code: error.code === null ? null : masked(error.code) } }, 'failed attempt')
}

/** `upstream_auth`: the gateway's own key was refused (401, 403). `moderation`: a caller's text was. Both stop the request at once. */
function escalationOf(error: UpstreamError): 'upstream_auth' | 'moderation' | undefined {
  if (error.kind === 'auth') return 'upstream_auth'
  return error.kind === 'moderation' ? 'moderation' : undefined
}

/** Long requests would take too long to compare with. */
const comparable = 65_536
/** What every request has, and most errors talk about. Inside a text the quotes would be escaped. */
const frame = /"(?:model|messages|role|content|stream|tools|max_tokens|max_completion_tokens|temperature)"\s*:|"(?:user|system|assistant|tool|function)"/g

/** Makes the filter that blanks out every word of three letters or more, and every sign outside ASCII, that the request has as well. */
function masker(request: string): (text: string) => string {
  if (request.length > comparable) return () => '[not compared with a request of this length]'
  // Clients may send any letter as an escape.
  const words = request.replaceAll(frame, '').replaceAll(/\\u([0-9a-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))).toLowerCase()
  return (text) => text.replaceAll(/[a-z0-9]{3,}|[^\0-\x7F]/giu, (word) => (words.includes(word.toLowerCase()) ? '…' : word))
}

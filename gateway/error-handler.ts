import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { asGatewayError, GatewayError } from './errors.ts'
import type { Scrub } from './scrub.ts'

/** How long a caller may go on sending a body that was refused, so that it gets to read why. */
const lingerMs = 2_000

/** Gives every error that reaches Fastify its envelope. Only what is thrown before the answer has begun comes here. */
export function answerErrors(app: FastifyInstance, scrub: Scrub): void {
  app.setNotFoundHandler(() => {
    throw new GatewayError('GW_ERR_UNKNOWN_URL')
  })
  app.setErrorHandler((thrown, request, reply) => {
    const error = translate(thrown)
    request.trace.error = error.id
    if (error.id === 'GW_ERR_INTERNAL') {
      const { cause } = error
      request.log.error({ stack: scrub(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)) }, 'internal error')
    }
    // Fastify would close at once when a body fails; a caller still busy sending would see a reset instead of a 413.
    if (reply.hasHeader('connection')) reply.removeHeader('connection')
    if (error.status === 503 && error.code === 'gateway_draining') reply.header('connection', 'close')
    if (!request.raw.complete) {
      const { socket } = request.raw
      const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
      request.raw.once('close', () => clearTimeout(timer))
    }
    return reply.code(error.status).headers(error.headers).type('application/json; charset=utf-8').send(error.envelope())
  })
}

function translate(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new GatewayError('GW_ERR_BODY_TOO_LARGE', { cause: thrown })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new GatewayError('GW_ERR_MEDIA_TYPE', { cause: thrown })
    default:
      return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? new GatewayError('GW_ERR_MALFORMED_HTTP', { cause: thrown }) : asGatewayError(thrown)
  }
}

/** Answers what never became a request: a broken request line, an oversized header, a request that took too long. */
export function malformedHttp(error: NodeJS.ErrnoException, socket: Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null }): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  // Behind a request that is being answered, the text of this error would land in the middle of that answer.
  if (!socket.writable || socket['_httpMessage']?.headersSent === true) {
    socket.destroy()
    return
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
  const body = JSON.stringify(new GatewayError('GW_ERR_MALFORMED_HTTP').envelope())
  const head = [`HTTP/1.1 ${status}`, 'content-type: application/json; charset=utf-8', `content-length: ${Buffer.byteLength(body)}`, `x-request-id: req_${randomUUID().replaceAll('-', '')}`, 'connection: close']
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

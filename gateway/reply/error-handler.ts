import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { asGatewayError, GatewayError } from '../errors.ts'
import { newRequestId } from '../request-id.ts'
import type { Scrub } from '../check/scrub.ts'
import type { ErrorDialect } from './error-dialect.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly errorDialect: ErrorDialect
  }
}

/** How long a caller may go on sending a body that was refused, so that it gets to read why. */
const lingerMs = 2_000

/** Puts every error that reaches Fastify into the dialect. Only what is thrown before the answer has begun comes here; a stream finds the dialect as `errorDialect`. */
export function answerErrors(app: FastifyInstance, scrub: Scrub, dialect: ErrorDialect): void {
  app.decorate('errorDialect', dialect)
  // Node would answer a 417 without a body.
  app.server.on('checkExpectation', (_request, response: ServerResponse) => {
    const requestId = newRequestId()
    const body = dialect.body(new GatewayError('GW_ERR_MALFORMED_HTTP', { status: 417, message: 'The expectation of the `Expect` header cannot be met.' }), requestId)
    response.writeHead(417, { 'content-type': dialect.contentType, 'content-length': Buffer.byteLength(body), 'x-request-id': requestId, connection: 'close' }).end(body)
  })
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
    request.head.remove('connection')
    if (error.status === 503 && error.code === 'gateway_draining') reply.header('connection', 'close')
    // A request that was injected never becomes complete, and has no socket to destroy.
    if (!request.raw.complete && !('isLightMyRequest' in request.raw)) {
      const { socket } = request.raw
      const timer = setTimeout(() => socket.destroy(), lingerMs).unref()
      request.raw.once('close', () => clearTimeout(timer))
    }
    return sendError(reply.headers(error.headers), error, dialect)
  })
}

/** Answers with an error. */
export function sendError(reply: FastifyReply, error: GatewayError, dialect: ErrorDialect): FastifyReply {
  // As bytes: behind the type of a string Fastify puts a charset, which `application/problem+json` does not have.
  return reply.code(dialect.status(error)).header('content-type', dialect.contentType).send(Buffer.from(dialect.body(error, reply.request.id)))
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

type ParserSocket = Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null }

/** Answers what never became a request: a broken request line, an oversized header, a request that took too long. */
export function malformedHttp(dialect: ErrorDialect): (error: NodeJS.ErrnoException, socket: ParserSocket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    // Behind a request that is being answered, the text of this error would land in the middle of that answer.
    if (!socket.writable || socket['_httpMessage']?.headersSent === true) {
      socket.destroy()
      return
    }
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
    const requestId = newRequestId()
    const body = dialect.body(new GatewayError('GW_ERR_MALFORMED_HTTP', { status }), requestId)
    const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, `content-type: ${dialect.contentType}`, `content-length: ${Buffer.byteLength(body)}`, `x-request-id: ${requestId}`, 'connection: close']
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  }
}

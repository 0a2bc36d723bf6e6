import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Lane, Upstream } from './upstream.ts'

/** For tests: the longest wait for something that comes at once unless it is broken. */
export const SOON = 5000

export interface Raw {
  socket: Socket
  /** Everything that came, as it stands on the wire. */
  wire: () => Buffer
  /** How the connection ended: `fin` or the code of the socket's error. */
  ended: Promise<string>
}

/** For tests: sends bytes over a socket of its own and watches what comes back, with no HTTP client in between. */
export const raw = async (port: number, bytes: string): Promise<Raw> => {
  const socket = connect({ host: '127.0.0.1', port })
  const parts: Buffer[] = []
  const ended = new Promise<string>((resolve) => {
    socket.on('end', () => resolve('fin')).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).on('close', () => resolve('closed by us'))
  })
  socket.on('data', (part: Buffer) => parts.push(part))
  await once(socket, 'connect')
  socket.write(bytes)
  return { socket, wire: () => Buffer.concat(parts), ended }
}

/** For tests: a chat request for one nonce. */
export const chat = (nonce: string, more: object = {}): string => JSON.stringify({ model: 'tiny', messages: [{ role: 'user', content: `Say something. [gauntlet:${nonce}]` }], ...more })

/** For tests: the bytes of a POST. */
export const post = (body: string, path = '/v1/chat/completions', headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`

/** For tests: a POST by an ordinary client, on a connection of its own. */
export const ask = (upstream: Upstream, body: string, options: { lane?: Lane; path?: string; headers?: Record<string, string> } = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${upstream.ports[options.lane ?? 'primary']}${options.path ?? '/v1/chat/completions'}`, {
    method: 'POST', body, headers: { 'content-type': 'application/json', connection: 'close', ...options.headers },
  })

/** For tests: the chunks of a chunked body, joined; also of one that was cut. */
export const dechunk = (wire: Buffer): Buffer => {
  let rest = wire.subarray(wire.indexOf('\r\n\r\n') + 4)
  const parts: Buffer[] = []
  for (let end = rest.indexOf('\r\n'); end > 0; end = rest.indexOf('\r\n')) {
    const size = Number.parseInt(rest.subarray(0, end).toString(), 16)
    parts.push(rest.subarray(end + 2, end + 2 + size))
    rest = rest.subarray(end + 2 + size + 2)
  }
  return Buffer.concat(parts)
}

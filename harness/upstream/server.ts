import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HarnessError } from '../errors.ts'
import type { Secrets } from '../evidence/secrets.ts'
import { timing } from '../timing.ts'
import type { Journal } from './journal.ts'
import type { Latches } from './latch.ts'
import { MODEL_LOST, relayModel } from './model-relay.ts'
import type { RealModel } from './model-relay.ts'
import { plainPlan } from './script.ts'
import type { Plan, Script } from './script.ts'
import { sendStream } from './stream.ts'
import { completion, completionChunks, embeddings, errorBody, models } from './wire.ts'

export interface LaneOptions {
  name: string
  journal: Journal
  latches: Latches
  secrets: () => Secrets
  plans: Map<string, Plan>
  /** A real model that answers requests planned as `model`; none: the embedded one. */
  model?: () => RealModel | undefined
  asModel: Set<string>
  port?: number
  /** Whether requests without a known nonce get the plain answer instead of a 404. */
  answersStrangers: boolean
  nextId: () => string
}

const NONCE = /\[gauntlet:([a-z0-9-]+)\]/g

/** The server behind one lane: looks the script up by nonce and attempt, plays it, and writes down what it did. */
export class LaneServer implements AsyncDisposable {
  readonly #attempts = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  readonly #options: LaneOptions

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Listens on 127.0.0.1 and returns the port. */
  async listen(): Promise<number> {
    const server = createServer({ keepAliveTimeout: timing.upstreamKeepAliveMs }, (req, res) => {
      this.#serve(req, res).catch((error: unknown) => {
        // A script that was cut short by its peer ends here too; anything else is a defect of ours and must be loud.
        if (!(error instanceof Error && error.name === 'AbortError') && !res.destroyed) throw error
      })
    })
    server.on('connection', (socket) => {
      this.#sockets.add(socket.setNoDelay(true))
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined)
    })
    const { name, port = 0 } = this.#options
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') throw cause
      throw new HarnessError('HAR_ERR_PORT_TAKEN', `Port ${port} of the ${name} lane is taken.`, { cause })
    })
    this.#server = server
    return (server.address() as AddressInfo).port
  }

  /** Counts attempts from 1 again. */
  forget(): void {
    this.#attempts.clear()
  }

  /** Closes idle connections, so that the next call of the target opens a new one. */
  closeIdle(): void {
    this.#server?.closeIdleConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    const closed = new Promise<void>((resolve) => (this.#server ? this.#server.close(() => resolve()) : resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { journal, name, secrets, plans, nextId } = this.#options
    const id = nextId()
    const body = await bodyOf(req)
    const tags = [...body.matchAll(NONCE)].flatMap((match) => match[1] ?? [])
    const known = tags.find((tag) => plans.has(`${name} ${tag}`))
    const nonce = known ?? (this.#options.answersStrangers ? (tags[0] ?? 'stranger') : null)
    const counter = `${name} ${nonce}`
    const attempt = (this.#attempts.get(counter) ?? 0) + 1
    this.#attempts.set(counter, attempt)
    const rawHeaders = req.rawHeaders
    const headers = rawHeaders.flatMap((h, i): [string, string][] => (i % 2 ? [] : [[h, secrets().text(rawHeaders[i + 1] ?? '')]]))
    journal.add({ kind: 'request', id, lane: name, nonce, attempt, method: req.method ?? '', path: secrets().text(req.url ?? ''), headers, body: secrets().text(body) })

    const abort = new AbortController()
    let ended = false
    const end = (how: 'complete' | 'fin' | 'rst' | 'peer-closed' | 'stopped'): void => {
      if (ended) return
      ended = true
      journal.add({ kind: 'end', id, how })
    }
    const closed = (): void => {
      if (this.#stop.signal.aborted) end('stopped')
      if (!res.writableFinished && !ended) {
        journal.add({ kind: 'peer-closed', id, during: res.headersSent ? 'body' : 'before-head' })
        end('peer-closed')
      }
      abort.abort()
    }
    // A peer that left while it was still sending is gone before anyone could listen.
    if (res.closed || !req.complete) return closed()
    res.on('close', closed)
    res.on('finish', () => end('complete'))
    const key = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1] ?? ''
    await this.#play(res, { id, nonce, body, key, path: req.url ?? '', end, signal: AbortSignal.any([abort.signal, this.#stop.signal]) }, this.#script(nonce, attempt))
  }

  #script(nonce: string | null, attempt: number): Script {
    if (nonce === null) return {}
    const plan = this.#options.plans.get(`${this.#options.name} ${nonce}`) ?? plainPlan
    return plan.attempts[attempt - 1] ?? plan.rest
  }

  async #play(res: ServerResponse, call: Call, script: Script): Promise<void> {
    const { journal, latches } = this.#options
    const fault = (detail: string): void => {
      if (script.fault !== undefined) journal.add({ kind: 'fault', id: call.id, fault: script.fault, detail })
    }
    const close = (by: 'fin' | 'rst'): void => {
      call.end(by)
      if (by === 'rst') res.socket?.resetAndDestroy()
      else res.socket?.end()
    }
    const { delayMs, how } = script.beforeHead ?? {}
    if (delayMs !== undefined) {
      fault(`${delayMs} ms before the head`)
      await sleep(delayMs, undefined, { signal: call.signal })
    }
    if (how !== undefined) {
      fault(`${how} before the head`)
      return how === 'hang' ? undefined : close(how)
    }
    if (call.path.endsWith('/models') && script.status === undefined) return this.#json(res, call, 200, models, {})
    if (call.nonce === null) return this.#json(res, call, 404, errorBody(404, 'This request carries no nonce that the scripted upstream knows.'), {})
    if (script.body !== undefined || script.status !== undefined) {
      fault(`status ${script.status ?? 200}`)
      const status = script.status ?? 200
      const text = script.body?.text.replaceAll('{key}', call.key) ?? JSON.stringify(errorBody(status, `The scripted upstream answers ${status}.`))
      return this.#send(res, call, status, text, { 'content-type': script.body?.type ?? 'application/json', ...script.headers })
    }
    const request = parse(call.body)
    if (this.#options.asModel.has(call.nonce)) {
      return relayModel(res, { path: call.path, request, nonce: call.nonce, model: this.#options.model?.(), signal: call.signal, record: (r) => journal.add({ id: call.id, ...r }) }).catch(
        (error: unknown) => {
          if (call.signal.aborted) return
          journal.add({ kind: 'fault', id: call.id, fault: MODEL_LOST, detail: String(error) })
          close('rst')
        },
      )
    }
    if (call.path.endsWith('/embeddings')) {
      const inputs = [request['input']].flat().map(String)
      return this.#json(res, call, 200, embeddings(inputs, request['encoding_format'] === 'base64'), script.headers ?? {})
    }
    if (script.finish !== undefined || script.tools || script.says) fault(script.tools ? 'tool calls' : script.says ? `words ${JSON.stringify(script.says)}` : `finish_reason ${script.finish}`)
    if (request['stream'] !== true) return this.#json(res, call, 200, completion(call.nonce, script), script.headers ?? {})
    const options = request['stream_options']
    const includeUsage = typeof options === 'object' && options !== null && Reflect.get(options, 'include_usage') === true
    this.#head(res, call, 200, { 'content-type': 'text/event-stream', ...script.headers })
    res.flushHeaders()
    if (script.stream !== undefined && script.stream.at === undefined) fault(JSON.stringify(script.stream))
    await sendStream(res, completionChunks(call.nonce, includeUsage, script), script, {
      sent: (index, text) => journal.add({ kind: 'event', id: call.id, index, text }),
      fault,
      caughtUp: async (index) => {
        const reached = await latches.wait(call.nonce ?? '', index, timing.lockstepMs, call.signal)
        if (!call.signal.aborted) journal.add({ kind: 'held', id: call.id, index, released: reached ? 'caller' : 'expired' })
      },
      gone: () => call.signal.aborted,
      signal: call.signal,
      end: (by) => (by === 'complete' ? void res.end() : close(by)),
    })
  }

  #head(res: ServerResponse, call: Call, status: number, headers: Record<string, string>): void {
    res.writeHead(status, { 'x-request-id': `up-${call.nonce}`, ...headers })
    this.#options.journal.add({ kind: 'head', id: call.id, status, headers: Object.entries(headers) })
  }

  #json(res: ServerResponse, call: Call, status: number, value: object, headers: Record<string, string>): void {
    this.#send(res, call, status, JSON.stringify(value), { 'content-type': 'application/json', ...headers })
  }

  #send(res: ServerResponse, call: Call, status: number, text: string, headers: Record<string, string>): void {
    this.#head(res, call, status, headers)
    this.#options.journal.add({ kind: 'body', id: call.id, text: this.#options.secrets().text(text) })
    res.end(text)
  }
}

interface Call {
  id: string
  nonce: string | null
  body: string
  /** The key it came with; a script may make the upstream blurt it out. */
  key: string
  path: string
  end: (how: 'complete' | 'fin' | 'rst') => void
  signal: AbortSignal
}

/** Everything that came, also of a body whose sender left in the middle. */
const bodyOf = async (req: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  try {
    for await (const part of req) parts.push(part as Buffer)
  } catch {
    // `req.complete` says so.
  }
  return Buffer.concat(parts).toString()
}

const parse = (body: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
  } catch {
    return {}
  }
}

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Breaker } from './breaker.ts'
import { AnswerCache } from './cache.ts'
import { serve, type Call, type Proxy } from './call.ts'
import { NUMBERS, type Config, type Lane, type Numbers } from './config.ts'
import { asFailure, Failure } from './failure.ts'
import { Limiter } from './limit.ts'
import { withModel } from './model.ts'
import { Slots } from './queue.ts'
import { honest, type Caller, type Condition, type Seams } from './seams.ts'

const ROUTES = ['/chat/completions', '/embeddings']
const notFound = (message: string, code: string): Failure => new Failure({ origin: 'caller', status: 404, message, code })

/** The proxy as a server: routes, keys, health, drain. */
export class Gateway {
  readonly server: Server
  readonly #config: Config
  readonly #numbers: Numbers
  readonly #seams: Seams
  readonly #breakers = new Map<string, Breaker>()
  readonly #cache = new AnswerCache()
  readonly #slots: Slots
  readonly #live = new Map<ServerResponse, Call | null>()
  readonly #limiter: Limiter | undefined
  #draining = false
  #onIdle: () => void = () => {}

  constructor(config: Config, patch: Partial<Seams> = {}) {
    this.#config = config
    this.#numbers = { ...NUMBERS, ...config.timing }
    this.#seams = { ...honest, ...patch }
    const { slots, places } = this.#numbers
    this.#slots = new Slots(this.#seams.queueRule({ slots, places }))
    if (config.limitedKey !== null) {
      const { limitBurst: burst, limitPerSecond: perSecond, limitRedisMs } = this.#numbers
      const rule = this.#seams.limitRule({ burst, perSecond, least: 1, refusalEmpties: false, atomic: true, whenLost: 'local' })
      this.#limiter = new Limiter(config.limitedKey, rule, () => this.#seams.limit('redis', limitRedisMs))
    }
    this.server = createServer((req, res) => void this.#handle(req, res))
    this.server.on('close', () => this.#limiter?.close())
    this.server.on('clientError', (_error, socket) => {
      const text = JSON.stringify(new Failure({ origin: 'caller', status: 400, message: 'The request is not valid HTTP.' }).envelope())
      const head = ['HTTP/1.1 400 Bad Request', 'content-type: application/json', `content-length: ${text.length}`, `x-request-id: ${randomUUID()}`, 'connection: close']
      if (socket.writable) socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
      else socket.destroy()
    })
  }

  async listen(): Promise<number> {
    if (this.#config.redis !== null) await this.#limiter?.connect(this.#config.redis)
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(this.#config.port, '127.0.0.1', resolve)
    })
    return (this.server.address() as AddressInfo).port
  }

  /** Readiness down, new work refused, live calls finished or at the deadline ended; then closed. */
  async drain(): Promise<void> {
    this.#draining = true
    if (this.#live.size > 0) {
      const stop = new Failure({ origin: 'gateway', status: 503, message: 'The gateway is shutting down.', code: 'shutting_down' })
      const timer = setTimeout(() => {
        for (const [res, call] of this.#live) {
          if (call === null) res.destroy()
          else call.abort(stop)
        }
      }, this.#seams.drainMs(this.#numbers.drainMs))
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
      clearTimeout(timer)
    }
    this.server.close()
    this.server.closeIdleConnections()
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const seams = this.#seams
    const id = seams.requestId(String(req.headers['x-request-id'] ?? ''))
    res.setHeader('x-request-id', id)
    const path = (req.url ?? '').split('?')[0] ?? ''
    let call: Call | undefined
    try {
      if (seams.intercept(req, res)) return
      if (path === '/health/live' || path === '/health/ready') {
        const ok = seams[path === '/health/live' ? 'live' : 'ready'](await this.#condition())
        res.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify({ status: ok ? 'ok' : 'unavailable' }))
        return
      }
      const caller = this.#admit(req)
      this.#track(res)
      if (path === '/v1/chat/completions') await this.#limit(caller, req, res)
      if (req.method === 'GET' && path === '/v1/models') {
        const models = Object.keys(this.#config.models).map((name) => ({ id: name, object: 'model' as const, created: 0, owned_by: 'gateway' }))
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(seams.modelList(models)))
        return
      }
      const route = path.replace(/^\/v1/, '')
      if (req.method !== 'POST' || !path.startsWith('/v1/') || !ROUTES.includes(route)) throw notFound(`Unknown request URL: ${req.method} ${path}.`, 'unknown_url')
      call = this.#call(req, res, { id, caller, path: route }, await this.#read(req))
      const proxy: Proxy = { config: this.#config, numbers: this.#numbers, seams, breakerOf: (lane) => this.#breakerOf(lane), cache: this.#cache, slots: this.#slots }
      await serve(proxy, call, res)
    } catch (error) {
      this.#refuse(asFailure(error), call, res)
    }
  }

  #admit(req: IncomingMessage): Caller {
    const bearer = /^Bearer\s+(\S+)$/i.exec(req.headers.authorization ?? '')?.[1]
    const key = bearer ?? req.headers['x-api-key']?.toString()
    const { callerKey, limitedKey } = this.#config
    const limited = limitedKey !== null && honest.authorised(key, limitedKey)
    if (!limited && !this.#seams.authorised(key, callerKey)) {
      throw new Failure({ origin: 'caller', status: 401, message: 'Invalid API key.', code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } })
    }
    if (this.#seams.refusesWork({ draining: this.#draining, redis: true, openBreakers: 0 })) {
      throw new Failure({ origin: 'gateway', status: 503, message: 'The gateway is shutting down.', code: 'shutting_down', retryAfter: '1', headers: { connection: 'close' } })
    }
    return limited ? 'limited' : 'caller'
  }

  async #limit(caller: Caller, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const seams = this.#seams
    const counts = seams.counts(caller)
    const state = counts === 'free' ? null : await this.#limiter?.take(counts === 'takes' ? 1 : 0)
    if (state === null || state === undefined) return
    for (const [name, value] of Object.entries(seams.limitHeaders(state))) res.setHeader(name, value)
    const retryAfter = String(Math.max(1, Math.ceil(state.retryMs / 1000)))
    if (!state.allowed) seams.overLimit(new Failure({ origin: 'caller', status: 429, message: 'Too many requests.', code: 'rate_limit_exceeded', retryAfter }), req.headers)
  }

  async #read(req: IncomingMessage): Promise<string> {
    const parts: Buffer[] = []
    let size = 0
    for await (const part of req as AsyncIterable<Buffer>) {
      parts.push(part)
      size += part.length
      if (size > this.#numbers.bodyBytes) {
        throw new Failure({ origin: 'caller', status: 413, message: 'The request body is too large.', code: 'request_too_large', headers: { connection: 'close' } })
      }
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts))
    } catch {
      throw new Failure({ origin: 'caller', status: 400, message: 'The request body is not valid UTF-8.' })
    }
  }

  #call(req: IncomingMessage, res: ServerResponse, which: Pick<Call, 'id' | 'caller' | 'path'>, text: string): Call {
    const config = this.#config
    const { path } = which
    const body = this.#seams.parse(text, path)
    this.#seams.checkLength(body, this.#numbers.messageChars)
    this.#seams.checkStream(body, config.jsonOnly)
    const names = this.#seams.lanesOf(config.models, body.model)
    if (names === undefined) throw new Failure({ origin: 'caller', status: 404, message: `The model \`${body.model}\` does not exist.`, param: 'model', code: 'model_not_found' })
    const controller = new AbortController()
    const call: Call = {
      ...which, stream: path === '/chat/completions' && body['stream'] === true, model: body.model, headers: req.headers, phase: 'asking',
      lanes: names.map((name) => ({ name, url: config.upstreams[name] ?? '' })),
      body: withModel(text, 'tiny'),
      deadline: performance.now() + this.#numbers.totalMs,
      signal: controller.signal,
      abort: (reason) => controller.abort(reason),
    }
    this.#live.set(res, call)
    return call
  }

  #track(res: ServerResponse): void {
    this.#live.set(res, null)
    res.once('close', () => {
      const call = this.#live.get(res)
      if (call && !res.writableFinished) this.#seams.onCallerGone(call)
      this.#live.delete(res)
      if (this.#live.size === 0) this.#onIdle()
    })
  }

  #refuse(failure: Failure, call: Call | undefined, res: ServerResponse): void {
    if (res.headersSent || res.destroyed) {
      res.destroy()
      return
    }
    if (call !== undefined && this.#seams.takeOver(failure, call, res)) return
    const { type, text } = this.#seams.errorBody(failure)
    res.writeHead(this.#seams.mapStatus(failure), { ...this.#seams.errorHeaders(failure), 'content-type': type }).end(text)
  }

  #breakerOf(lane: Lane): Breaker {
    const name = this.#seams.breakerName(lane)
    const known = this.#breakers.get(name)
    if (known !== undefined) return known
    const rules = { failures: this.#numbers.breakerFailures, cooldownMs: this.#numbers.breakerCooldownMs, probes: 1 }
    const breaker = new Breaker(this.#seams.breaker(rules))
    this.#breakers.set(name, breaker)
    return breaker
  }

  async #condition(): Promise<Condition> {
    const openBreakers = [...this.#breakers.values()].filter((breaker) => breaker.isOpen).length
    const redis = this.#config.redis === null || (await pong(this.#config.redis, this.#numbers.redisMs))
    return { draining: this.#draining, redis, openBreakers }
  }
}

/** Whether a Redis answers PING in time. */
function pong(url: string, ms: number): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(Number(port === '' ? 6379 : port), hostname, () => socket.write('PING\r\n'))
  const timer = setTimeout(() => socket.destroy(), ms)
  socket.once('data', (bytes) => {
    resolve(bytes.toString().startsWith('+PONG'))
    socket.destroy()
  })
  socket.on('error', () => socket.destroy())
  socket.once('close', () => {
    clearTimeout(timer)
    resolve(false)
  })
  return promise
}

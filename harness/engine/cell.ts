import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../../schemas/config.ts'
import type { Environment } from '../components/index.ts'
import { HarnessError, isHarnessError } from '../errors.ts'
import { Secrets } from '../evidence/secrets.ts'
import { directEdge, toxicEdge } from '../edges/edge.ts'
import type { Edge } from '../edges/edge.ts'
import { startTarget } from '../targets/start.ts'
import type { StartedTarget } from '../targets/start.ts'
import { LANES, Upstream } from '../upstream/upstream.ts'

export interface CellOptions {
  index: number
  target: Target
  environment: Environment
  /** Where logs go. */
  folder: string
  signal: AbortSignal
  ports?: { primary: number; secondary: number } | undefined
  /** For load: the upstream answers requests that no scenario announced. */
  answersStrangers?: boolean
}

const key = (): string => `sk-gauntlet-${randomBytes(24).toString('base64url')}`

/** One isolated set: target process, lanes, Redis database, keys. Everything it starts ends with it. */
export class Cell implements AsyncDisposable {
  readonly upstream: Upstream
  readonly edges: Record<'primary' | 'secondary', Edge> & { redis?: Edge }
  readonly keys: { caller: string; limited: string; upstream: string }
  readonly secrets: Secrets
  readonly options: CellOptions
  readonly #stack: AsyncDisposableStack
  #target: StartedTarget | undefined
  /** Whether this target ever answered a plain request; one that never did is not waited for again and again. */
  health: 'not asked' | 'seen' | 'never' = 'not asked'
  #client: Edge | undefined
  #starts = 0
  #logFile: string | undefined
  /** The target's own files hold keys, so they never lie in the run folder, which people publish. */
  readonly #dir: string

  private constructor(options: CellOptions, dir: string, upstream: Upstream, edges: Cell['edges'], keys: Cell['keys'], secrets: Secrets, stack: AsyncDisposableStack) {
    this.#dir = dir
    this.options = options
    this.upstream = upstream
    this.edges = edges
    this.keys = keys
    this.secrets = secrets
    this.#stack = stack
  }

  /** Starts lanes, edges and the target. Throws what the first of them throws, with nothing left running. */
  static async start(options: CellOptions): Promise<Cell> {
    await using stack = new AsyncDisposableStack()
    const { environment, index, target } = options
    // A target that already runs knows two addresses, and they have to be those of the edges, or no toxic would reach it.
    const ports = environment.toxiproxy ? {} : options.ports
    const upstream = stack.use(await Upstream.start(ports ?? {}, { answersStrangers: options.answersStrangers ?? false }))
    const proxied = async (name: string, to: { host: string; port: number }, port?: number): Promise<Edge> =>
      environment.toxiproxy
        ? stack.use(await toxicEdge({ apiUrl: environment.toxiproxy.apiUrl, host: environment.toxiproxy.host, name: `cell${index}-${name}-${process.pid}`, to, port }))
        : directEdge(name, to.host, to.port)
    const [primary, secondary] = await Promise.all(LANES.map((lane) => proxied(lane, { host: '127.0.0.1', port: upstream.ports[lane] }, options.ports?.[lane])))
    if (!primary || !secondary) throw new TypeError('Two lanes are expected.')
    const redis = environment.redis ? await proxied('redis', environment.redis) : undefined
    const { auth } = target
    const fromEnv = (name: string | undefined): string | undefined => (name === undefined ? undefined : process.env[name])
    const keys = { caller: auth.key ?? fromEnv(auth.keyEnv) ?? key(), limited: auth.limitedKey ?? fromEnv(auth.limitedKeyEnv) ?? key(), upstream: key() }
    // Addresses are no secrets of ours, but a caller who reads one has read into the target: they are watched like keys.
    const addresses = { 'upstream-address': `${primary.host}:${primary.port}`, 'upstream-address-2': `${secondary.host}:${secondary.port}` }
    // A header that a config adds is a credential more often than not.
    const headers = Object.fromEntries(Object.entries(target.headers).map(([name, value]) => [`header-${name}`, value]))
    const secrets = new Secrets({ 'caller-key': keys.caller, 'limited-key': keys.limited, 'upstream-key': keys.upstream, ...addresses, ...headers })
    upstream.secrets = secrets
    upstream.model = environment.ollama && { baseURL: environment.ollama.baseURL, name: environment.ollama.model }
    const dir = await mkdtemp(join(tmpdir(), 'gauntlet-target-'))
    const cell = new Cell(options, dir, upstream, { primary, secondary, ...(redis ? { redis } : {}) }, keys, secrets, stack.move())
    // Also when a second Ctrl-C ends the process at once: the keys must not outlive the run.
    const forgetKeys = (): void => {
      rmSync(dir, { recursive: true, force: true })
      cell.#scrubLog()
    }
    process.once('exit', forgetKeys)
    cell.#stack.defer(() => {
      process.off('exit', forgetKeys)
      forgetKeys()
    })
    try {
      await cell.startTarget()
      return cell
    } catch (error) {
      await cell[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Base URL of a lane as the target is given it; for the control row. */
  laneURL(lane: 'primary' | 'secondary'): string {
    return `http://${this.edges[lane].host}:${this.edges[lane].port}/v1`
  }

  get client(): Edge {
    if (!this.#client) throw new TypeError('The target of this cell is not started.')
    return this.#client
  }

  get target(): StartedTarget {
    if (!this.#target) throw new TypeError('The target of this cell is not started.')
    return this.#target
  }

  /** False once the process of the target is gone. A target that the harness did not start counts as running. */
  get running(): boolean {
    return this.#target?.process?.kill('SIGCONT') ?? true
  }

  /** Base URL of the target through the client edge. */
  targetURL(path: string): URL {
    return new URL(`http://${this.client.host}:${this.client.port}${path}`)
  }

  /** Starts the target anew: after it was told to exit, or when it did not recover by itself. */
  async startTarget(): Promise<void> {
    await this.stopTarget()
    const { index, environment, folder, signal, target } = this.options
    const redis = this.edges.redis
    this.#target = await startTarget(
      target, target.name ?? 'target',
      {
        'upstream.primary': this.laneURL('primary'), 'upstream.secondary': this.laneURL('secondary'), 'key.caller': this.keys.caller, 'key.limited': this.keys.limited, 'key.upstream': this.keys.upstream,
        redis: redis ? `redis://${redis.host}:${redis.port}/${index}` : '',
      },
      { dir: this.#dir, logFile: (this.#logFile = join(folder, `target-${index}-${++this.#starts}.log`)), signal },
    ).catch((error: unknown) => {
      // The last lines of its log are in the message, and the message is in the report.
      throw isHarnessError(error) ? new HarnessError(error.code, this.secrets.text(error.message), { hint: error.hint, cause: error.cause }) : error
    })
    const to = { host: this.#target.host, port: this.#target.port }
    this.#client = environment.toxiproxy
      ? await toxicEdge({ apiUrl: environment.toxiproxy.apiUrl, host: environment.toxiproxy.host, name: `cell${index}-client${this.#starts}-${process.pid}`, to })
      : directEdge('client', to.host, to.port)
  }

  async stopTarget(): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]()
    await this.#target?.[Symbol.asyncDispose]()
    this.#client = undefined
    this.#target = undefined
    this.#scrubLog()
  }

  /** A target may log a key; its log in the run folder must not keep it. */
  #scrubLog(): void {
    if (this.#logFile === undefined || !existsSync(this.#logFile)) return
    const text = readFileSync(this.#logFile, 'utf8')
    const safe = this.secrets.text(text)
    if (safe !== text) writeFileSync(this.#logFile, safe)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopTarget()
    await this.#stack.disposeAsync()
  }
}

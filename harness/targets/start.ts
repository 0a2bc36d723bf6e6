import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import type { Target } from '../../schemas/config.ts'
import { withFreePort } from '../components/port.ts'
import { launch } from '../components/process.ts'
import type { Launched } from '../components/process.ts'
import { HarnessError } from '../errors.ts'
import { startBalancer } from '../edges/balancer.ts'
import { fill } from './placeholders.ts'
import type { Placeholders } from './placeholders.ts'
import { together } from './replicas.ts'

export interface StartedTarget extends AsyncDisposable {
  /** Up to and with /v1, without the client edge. */
  host: string
  port: number
  /** What follows the port in the base URL, `/v1` by default. */
  basePath: string
  /** None for a target that the harness did not start. */
  process?: Launched
}

/** Starts a target in a folder of its own, or takes the one that already runs. Throws HAR_ERR_TARGET_START. */
export const startTarget = async (
  target: Target, name: string, values: Omit<Placeholders, 'port' | 'host' | 'dir'>, options: { dir: string; logFile: string; signal: AbortSignal },
): Promise<StartedTarget> => {
  if (target.baseURL !== undefined) {
    const url = new URL(target.baseURL)
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    return { host: url.hostname, port, basePath: url.pathname.replace(/\/$/, ''), [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  const definition = target.launch
  if (!definition) throw new TypeError('A target has either launch or baseURL.')
  const cwd = definition.cwd ?? options.dir
  await mkdir(options.dir, { recursive: true })
  // Node blames the command when it is the folder that is missing.
  if (!existsSync(cwd)) throw new HarnessError('HAR_ERR_TARGET_START', `${name} cannot be started in ${cwd}: there is no such folder.`)
  const one = async (replica: number): Promise<StartedTarget & { process: Launched }> => {
    // Replicas write the same files; each has a folder of its own.
    const dir = definition.replicas === 1 ? options.dir : join(options.dir, `replica-${replica}`)
    return withFreePort(async (port) => {
      const all: Placeholders = { ...values, port, host: '127.0.0.1', dir }
      await mkdir(dir, { recursive: true })
      for (const [file, text] of Object.entries(definition.files)) {
        await mkdir(dirname(join(dir, file)), { recursive: true })
        await writeFile(join(dir, file), fill(text, all))
      }
      const env = Object.fromEntries(Object.entries(definition.env).map(([k, v]) => [k, fill(v, all)]))
      const headers = { authorization: `Bearer ${values['key.caller']}`, ...target.headers }
      const launched = await launch({
        name, command: /^\.{1,2}\//.test(definition.command) ? resolve(definition.cwd ?? '.', fill(definition.command, all)) : fill(definition.command, all), args: definition.args.map((arg) => fill(arg, all)), env, cwd, logFile: options.logFile,
        timeoutMs: definition.startTimeoutMs, signal: options.signal, errorCode: 'HAR_ERR_TARGET_START',
        ready: () => (definition.ready === '' ? accepts(port) : answersWell(`http://127.0.0.1:${port}${fill(definition.ready, all)}`, headers)),
      })
      return { host: '127.0.0.1', port, basePath: '/v1', process: launched, [Symbol.asyncDispose]: () => launched[Symbol.asyncDispose]() }
    })
  }
  if (definition.replicas === 1) return one(0)
  await using stack = new AsyncDisposableStack()
  // One after the other: an error names one replica, and nothing is started beside a failure.
  const replicas: (StartedTarget & { process: Launched })[] = []
  for (let n = 0; n < definition.replicas; n++) replicas.push(stack.use(await one(n)))
  const balancer = stack.use(await startBalancer(replicas.map((r) => r.port)))
  const kept = stack.move()
  return { host: balancer.host, port: balancer.port, basePath: '/v1', process: together(replicas.map((r) => r.process)), [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

const answersWell = async (url: string, headers: Record<string, string>): Promise<boolean> => {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(1000) })
  await answer.body?.cancel()
  return answer.ok
}

/** For a target that may never answer anything: that it takes connections has to be enough. */
const accepts = async (port: number): Promise<boolean> => {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { HarnessError } from '../errors.ts'
import { sharesLoopback, type Engine } from './docker-engine.ts'
import { launch } from './process.ts'
import { provide } from './provide.ts'
import { timing } from './timing.ts'
import type { ComponentSettings, Found, Missing } from './types.ts'
import { within } from './wait.ts'
import { unwatchContainers, watchContainers } from './watchdog.ts'

export interface K6Handle {
  found: Found
  /** The program, when the provider is `binary`. */
  path?: string
  /** The image and its engine, when the provider is `container`. */
  image?: string
  engine?: Engine
}

export interface K6Run {
  env?: Readonly<Record<string, string>>
  /** Scripts and outputs are named relative to it, and in a container only it and `mounts` are there. */
  cwd: string
  mounts?: readonly string[]
  /** Gets stdout and stderr. */
  logFile: string
  /** On abort k6 gets SIGINT, so that it still writes its summary. */
  signal?: AbortSignal | undefined
}

/** Finds k6, pulling its image if that is what there is. Starts nothing. Throws the signal's reason on abort. */
export async function k6Binary(options: { settings?: ComponentSettings | undefined; signal?: AbortSignal | undefined } = {}): Promise<K6Handle | Missing> {
  return await provide<K6Handle>('k6', { logDir: '.', ...options }, {
    binary: async (found) => ({ found, path: found.where }),
    container: async (found, engine) => {
      if (!(await sharesLoopback(engine))) throw new HarnessError('HAR_ERR_COMPONENT_START', `A k6 container on ${engine.info.containerRuntime.operatingSystem} cannot reach ports of this machine's loopback.`)
      return { found, image: found.where, engine }
    },
  })
}

/**
 * Runs k6 and resolves to its exit code: 0, 99 when a threshold was crossed, 105 when it was stopped, others as k6
 * documents them. Throws HAR_ERR_K6 when it cannot be started or dies by a signal.
 */
export async function runK6(k6: K6Handle, args: readonly string[], run: K6Run): Promise<{ code: number }> {
  // k6 would ask a usage server on every run.
  const env = { K6_NO_USAGE_REPORT: 'true', ...run.env }
  const code = k6.engine && k6.image ? await inContainer(k6.engine, k6.image, args, { ...run, env }) : await asProcess(k6.path ?? 'k6', args, { ...run, env })
  if (code === null) throw new HarnessError('HAR_ERR_K6', 'k6 was killed.', { hint: `Read ${run.logFile}.` })
  return { code }
}

async function asProcess(path: string, args: readonly string[], { env, cwd, logFile, signal }: K6Run & { env: Record<string, string> }): Promise<number | null> {
  await using child = await launch({ name: 'k6', command: path, args, env, cwd, logFile, errorCode: 'HAR_ERR_K6' })
  const stop = () => void child.kill('SIGINT')
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return (await child.exited).code
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

async function inContainer({ container: { dockerode } }: Engine, image: string, args: readonly string[], run: K6Run & { env: Record<string, string> }): Promise<number | null> {
  const label = `gauntlet.run=${process.pid}-k6-${Date.now()}`
  const [key = '', value = ''] = label.split('=')
  watchContainers(label)
  mkdirSync(dirname(run.logFile), { recursive: true })
  const created = await dockerode
    .createContainer({
      Image: image,
      Cmd: [...args],
      Env: Object.entries(run.env).map(([name, text]) => `${name}=${text}`),
      WorkingDir: run.cwd,
      // The image's own user may not write into the run folder.
      ...(process.getuid && { User: `${process.getuid()}:${process.getgid?.() ?? 0}` }),
      Labels: { [key]: value },
      Tty: true,
      HostConfig: { NetworkMode: 'host', Binds: [run.cwd, ...(run.mounts ?? [])].map((path) => `${path}:${path}`) },
    })
    .catch((cause: Error) => {
      throw new HarnessError('HAR_ERR_K6', `The container ${image} could not be created: ${cause.message}`, { cause })
    })
  const stop = () => void created.kill({ signal: 'SIGINT' }).catch(() => undefined)
  try {
    const output = await created.attach({ stream: true, stdout: true, stderr: true })
    const log = output.pipe(createWriteStream(run.logFile, { flags: 'a' }))
    await created.start()
    run.signal?.addEventListener('abort', stop, { once: true })
    if (run.signal?.aborted) stop()
    const { StatusCode: code } = (await created.wait()) as { StatusCode: number }
    await within(timing.stopGrace, finished(log).catch(() => undefined))
    return code
  } catch (cause) {
    throw new HarnessError('HAR_ERR_K6', `The container ${image} did not run: ${(cause as Error).message}`, { cause, hint: `Read ${run.logFile}.` })
  } finally {
    run.signal?.removeEventListener('abort', stop)
    await created.remove({ force: true, v: true }).catch(() => undefined)
    unwatchContainers(label)
  }
}

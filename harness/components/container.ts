import { randomUUID } from 'node:crypto'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StartedTestContainer, WaitStrategy } from 'testcontainers'
import { HarnessError } from '../errors.ts'
import { publishedHost, type Engine } from './docker-engine.ts'
import { timing } from './timing.ts'
import { until, within } from './wait.ts'
import { unwatchContainers, watchContainers } from './watchdog.ts'

export interface ContainerOptions {
  engine: Engine
  image: string
  command?: string[]
  env?: Record<string, string>
  /** Ports inside that get a port of the host each. A pair binds a certain one. */
  ports?: Array<number | { container: number; host: number }>
  hostNetwork?: boolean
  logFile: string
  /** Ready when its output matches. */
  readyLog?: RegExp
  /** Ready when this answers true; polled after `readyLog`. */
  ready?: (container: RunningContainer) => Promise<boolean>
  timeoutMs: number
  signal?: AbortSignal | undefined
}

export interface RunningContainer extends AsyncDisposable {
  id: string
  host: string
  /** The host's port for a port inside. */
  port: (inside: number) => number
}

/** testcontainers' default waits for the ports with a shell inside the container, and images built from scratch have none. */
const DO_NOT_WAIT: WaitStrategy = {
  waitUntilReady: async () => undefined,
  withStartupTimeout: () => DO_NOT_WAIT,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
}

/**
 * Starts a container from an image that is on the engine and waits until it is ready. Disposing removes it. It is labelled
 * `gauntlet.run`. Throws HAR_ERR_COMPONENT_START when it is not ready in time, the signal's reason on abort; the container is
 * removed in both cases, also one that the engine creates after we stopped waiting.
 */
export async function startContainer(options: ContainerOptions): Promise<RunningContainer> {
  const { engine, image, logFile, timeoutMs, signal } = options
  signal?.throwIfAborted()
  const label = `gauntlet.run=${process.pid}-${randomUUID()}`
  watchContainers(label)
  const starting = (await describe(options, label)).start()
  try {
    const container = await orStopped(starting, timeoutMs, signal)
    const running: RunningContainer = {
      id: container.getId(),
      host: await publishedHost(engine),
      port: (inside) => container.getMappedPort(inside),
      async [Symbol.asyncDispose]() {
        await removeLabelled(engine, label)
        unwatchContainers(label)
      },
    }
    await waitReady(options, container, running)
    return running
  } catch (cause) {
    await removeLabelled(engine, label)
    // A start cannot be cancelled: what the engine creates after this sweep would stay for ever.
    const again = async () => {
      await removeLabelled(engine, label)
      unwatchContainers(label)
    }
    const late = starting.then(again, again).catch(() => undefined)
    await within(timing.stopGrace, late)
    signal?.throwIfAborted()
    throw new HarnessError('HAR_ERR_COMPONENT_START', `The container ${image} did not start: ${(cause as Error).message}`, { cause, hint: `Read ${logFile}.` })
  }
}

async function describe({ image, command, env, ports = [], hostNetwork, logFile, readyLog, timeoutMs }: ContainerOptions, label: string) {
  const { GenericContainer, Wait } = await import('testcontainers')
  mkdirSync(dirname(logFile), { recursive: true })
  const [key = '', value = ''] = label.split('=')
  const container = new GenericContainer(image)
    .withLabels({ [key]: value })
    .withStartupTimeout(timeoutMs)
    .withWaitStrategy(readyLog ? Wait.forLogMessage(readyLog) : DO_NOT_WAIT)
    .withLogConsumer((stream) => (stream as NodeJS.ReadableStream).pipe(createWriteStream(logFile, { flags: 'a' }).on('error', () => undefined)))
  if (command) container.withCommand(command)
  if (env) container.withEnvironment(env)
  if (hostNetwork) container.withNetworkMode('host')
  else container.withExposedPorts(...ports)
  return container
}

async function orStopped(starting: Promise<StartedTestContainer>, timeoutMs: number, signal?: AbortSignal): Promise<StartedTestContainer> {
  const listener = new AbortController()
  const stopped = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { signal: listener.signal })
    void sleep(timeoutMs, undefined, { signal: listener.signal }).then(
      () => reject(new Error(`not started after ${timeoutMs} ms`)),
      () => undefined,
    )
  })
  return await Promise.race([starting, stopped]).finally(() => listener.abort())
}

async function waitReady({ engine, ready, timeoutMs, signal }: ContainerOptions, container: StartedTestContainer, running: RunningContainer): Promise<void> {
  if (!ready) return
  let exit: number | undefined
  const check = async () => {
    if (await ready(running).catch(() => false)) return true
    const { State: state } = await engine.container.inspect(engine.container.getById(container.getId()))
    if (!state.Running) exit = state.ExitCode
    return exit !== undefined
  }
  const answered = await until(check, { timeoutMs, signal })
  if (exit !== undefined) throw new Error(`it ended with code ${exit}`)
  if (!answered) throw new Error(`it was not ready after ${timeoutMs} ms`)
}

/** Removes at once: nothing in our containers is worth a graceful end, and a stop waits up to 10 s. */
async function removeLabelled({ container }: Engine, label: string): Promise<void> {
  const ours = await container.dockerode.listContainers({ all: true, filters: { label: [label] } })
  for (const { Id } of ours) {
    await container.dockerode.getContainer(Id).remove({ force: true, v: true }).catch((error: { statusCode?: number }) => {
      // Gone already, or someone else is removing it.
      if (error.statusCode !== 404 && error.statusCode !== 409) throw error
    })
  }
}

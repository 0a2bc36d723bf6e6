import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ContainerRuntimeClient } from 'testcontainers'
import { HarnessError } from '../errors.ts'
import { freePort } from './port.ts'
import { timing } from './timing.ts'
import { within } from './wait.ts'

export type Engine = ContainerRuntimeClient

/** The Docker engine as testcontainers finds it, or undefined when none answers in 4 s. */
export async function findEngine(): Promise<Engine | undefined> {
  // Loading testcontainers costs 0.4 s; a machine without any trace of Docker does not pay for it on every command.
  if (!mayHaveEngine()) return undefined
  const { getContainerRuntimeClient } = await import('testcontainers')
  return await within(timing.engineAnswer, getContainerRuntimeClient().catch(() => undefined))
}

function mayHaveEngine(): boolean {
  if (process.platform === 'win32' || process.env['DOCKER_HOST']) return true
  const user = process.getuid?.() ?? 0
  return [
    '/var/run/docker.sock',
    join(process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${user}`, 'docker.sock'),
    join(homedir(), '.docker/run/docker.sock'),
    join(homedir(), '.docker/desktop/docker.sock'),
    join(homedir(), '.testcontainers.properties'),
  ].some((path) => existsSync(path))
}

/**
 * True when a container on the host network shares our loopback: a Linux engine in our own network. On macOS and Windows
 * the engine lives in a virtual machine, and "host" is that machine. Inside a container testcontainers names the bridge's
 * gateway as the host; that gateway is one of our own addresses only if the engine runs in here with us.
 */
export async function sharesLoopback({ info }: Engine): Promise<boolean> {
  const { host, operatingSystem } = info.containerRuntime
  if (process.platform !== 'linux' || /docker desktop/i.test(operatingSystem)) return false
  return host === 'localhost' || (await isOurAddress(host))
}

/** By listening there: the list of network interfaces leaves out a bridge to which no container is attached. */
async function isOurAddress(host: string): Promise<boolean> {
  return await freePort(host).then(
    () => true,
    () => false,
  )
}

/** Where a published port of a container is reached. Not "localhost": that may be ::1, where an older engine publishes nothing. */
export async function publishedHost(engine: Engine): Promise<string> {
  const { host } = engine.info.containerRuntime
  return host === 'localhost' || (await sharesLoopback(engine)) ? '127.0.0.1' : host
}

/** True when the image is on the engine already. */
export async function imageIsHere({ container }: Engine, image: string): Promise<boolean> {
  return await container.dockerode.getImage(image).inspect().then(
    () => true,
    () => false,
  )
}

/** Undefined when the image's registry says that it can be pulled, otherwise why not. Pulls nothing. */
export async function whyNotPullable({ container }: Engine, image: string): Promise<string | undefined> {
  const asked = container.dockerode.getImage(image).distribution().then(
    () => 'pullable',
    (error: Error) => oneLine(error),
  )
  const answer = (await within(timing.registryAnswer, asked)) ?? `its registry did not answer in ${timing.registryAnswer} ms`
  return answer === 'pullable' ? undefined : answer
}

/** Pulls an image. Throws HAR_ERR_COMPONENT_START when it cannot be pulled in time; the engine then stops pulling. */
export async function pullImage(engine: Engine, image: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
  const { dockerode } = engine.container
  const limit = AbortSignal.timeout(timeoutMs)
  const stop = signal ? AbortSignal.any([signal, limit]) : limit
  try {
    const progress = await dockerode.pull(withTag(image), { abortSignal: stop })
    // The engine goes on pulling for as long as someone reads.
    stop.addEventListener('abort', () => (progress as NodeJS.ReadableStream & { destroy(error?: Error): void }).destroy(new Error('stopped')), { once: true })
    await new Promise<void>((resolve, reject) => dockerode.modem.followProgress(progress, (error) => (error ? reject(error) : resolve())))
  } catch (cause) {
    signal?.throwIfAborted()
    const why = limit.aborted ? `it took longer than ${timeoutMs / 1000} s` : oneLine(cause as Error)
    throw new HarnessError('HAR_ERR_COMPONENT_START', `The image ${image} could not be pulled: ${why}.`, { cause, hint: `Try: docker pull ${image}` })
  }
}

/** `name` without a tag would make the engine pull every tag of it. */
function withTag(image: string): string {
  return /:[^/]+$|@/.test(image) ? image : `${image}:latest`
}

function oneLine(error: Error): string {
  // dockerode puts "(HTTP code 500) server error - " before what the engine said.
  return error.message.replace(/^\(HTTP code \d+\)[^-]* - /, '').replaceAll(/\s+/g, ' ').trim()
}

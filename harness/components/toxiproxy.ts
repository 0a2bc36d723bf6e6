import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { HarnessError } from '../errors.ts'
import { startContainer } from './container.ts'
import { sharesLoopback, type Engine } from './docker-engine.ts'
import { freePort, withFreePort } from './port.ts'
import { launch } from './process.ts'
import { provide } from './provide.ts'
import { timing } from './timing.ts'
import type { Found, Missing, StartOptions } from './types.ts'
import { urlVersion } from './url-version.ts'
import { httpAnswers } from './wait.ts'

export interface ToxiproxyHandle extends AsyncDisposable {
  found: Found
  /** For toxiproxy-node-client. */
  apiUrl: string
  /** Where this machine reaches a proxy's port. */
  host: string
  /** What a proxy dials to reach a port of this machine's loopback, or of the address named here. */
  upstreamHost: string
  /**
   * `count` addresses for `listen` of a new proxy. Usually port 0, for which Toxiproxy picks a port and says so in the
   * proxy's `listen`. Throws HAR_ERR_PORT_TAKEN when a fixed range is used up.
   */
  reserve(count: number): string[]
  /** Gives an address of a fixed range back. */
  release(listen: string): void
}

/** Ports published for an engine in a virtual machine, where a port cannot be opened after the start. */
const FIXED_RANGE = 48

/**
 * Brings up a Toxiproxy of our own, or attaches to the one at the given url. Throws the signal's reason on abort.
 */
export async function startToxiproxy(options: StartOptions): Promise<ToxiproxyHandle | Missing> {
  const logFile = join(options.logDir, 'toxiproxy.log')
  const { signal } = options
  return await provide<ToxiproxyHandle>('toxiproxy', options, {
    url: async (found) => {
      const apiUrl = found.where.replace(/\/+$/, '')
      const host = new URL(apiUrl).hostname
      return { ...onPortZero('0.0.0.0'), found, apiUrl, host, upstreamHost: await ourAddress(apiUrl), [Symbol.asyncDispose]: async () => undefined }
    },

    container: async (found, engine) => ((await sharesLoopback(engine)) ? await onHostNetwork(found, engine, logFile, signal) : await published(found, engine, logFile, signal)),

    binary: async (found) =>
      await withFreePort(async (port) => {
        const apiUrl = `http://127.0.0.1:${port}`
        const ready = async () => await httpAnswers(`${apiUrl}/version`, signal)
        const child = await launch({ name: 'toxiproxy', command: found.where, args: ['-host', '127.0.0.1', '-port', String(port)], logFile, ready, timeoutMs: timing.start, signal })
        return { ...onLoopback(apiUrl), found, [Symbol.asyncDispose]: async () => await child[Symbol.asyncDispose]() }
      }),
  })
}

/**
 * On a Linux engine the container shares the host's network: lanes listen on the host's loopback, and 127.0.0.1 inside is
 * the scripted upstream's 127.0.0.1. With mapped ports neither would hold: every lane's port must be published before
 * the start, and the proxy could not reach an upstream that listens on loopback.
 */
async function onHostNetwork(found: Found, engine: Engine, logFile: string, signal?: AbortSignal): Promise<ToxiproxyHandle> {
  return await withFreePort(async (port) => {
    const apiUrl = `http://127.0.0.1:${port}`
    const command = ['-host', '127.0.0.1', '-port', String(port)]
    const ready = async () => await httpAnswers(`${apiUrl}/version`, signal)
    const container = await startContainer({ engine, image: found.where, command, hostNetwork: true, logFile, ready, timeoutMs: timing.start, signal })
    return { ...onLoopback(apiUrl), found: await withVersion(found, apiUrl), [Symbol.asyncDispose]: async () => await container[Symbol.asyncDispose]() }
  })
}

/** Docker Desktop and the like: host.docker.internal is this machine's loopback, and the lanes get a fixed range of ports. */
async function published(found: Found, engine: Engine, logFile: string, signal?: AbortSignal): Promise<ToxiproxyHandle> {
  const free = await Promise.all(Array.from({ length: FIXED_RANGE }, async () => await freePort('0.0.0.0')))
  const container = await startContainer({
    engine,
    image: found.where,
    command: ['-host', '0.0.0.0', '-port', '8474'],
    ports: [8474, ...free.map((port) => ({ container: port, host: port }))],
    logFile,
    ready: async ({ host, port }) => await httpAnswers(`http://${host}:${port(8474)}/version`, signal),
    timeoutMs: timing.start,
    signal,
  })
  const apiUrl = `http://${container.host}:${container.port(8474)}`
  return {
    found: await withVersion(found, apiUrl),
    apiUrl,
    host: container.host,
    upstreamHost: 'host.docker.internal',
    reserve(count) {
      if (free.length < count) throw new HarnessError('HAR_ERR_PORT_TAKEN', `All ${FIXED_RANGE} ports published for Toxiproxy are in use.`, { hint: 'Use fewer cells.' })
      return free.splice(0, count).map((port) => `0.0.0.0:${port}`)
    },
    release: (listen) => void free.push(Number(listen.split(':').at(-1))),
    [Symbol.asyncDispose]: async () => await container[Symbol.asyncDispose](),
  }
}

function onLoopback(apiUrl: string) {
  return { ...onPortZero('127.0.0.1'), apiUrl, host: '127.0.0.1', upstreamHost: '127.0.0.1' }
}

function onPortZero(address: string): Pick<ToxiproxyHandle, 'reserve' | 'release'> {
  return { reserve: (count) => Array.from({ length: count }, () => `${address}:0`), release: () => undefined }
}

async function withVersion(found: Found, apiUrl: string): Promise<Found> {
  const version = await urlVersion('toxiproxy', apiUrl)
  return version === undefined || version === 'unknown' ? found : { ...found, version }
}

/** The address that the other side sees us at: 127.0.0.1 for a Toxiproxy on this machine. */
async function ourAddress(apiUrl: string): Promise<string> {
  const { hostname, port, protocol } = new URL(apiUrl)
  const socket = connect({ host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)) })
  try {
    await once(socket, 'connect')
    return socket.localAddress?.replace('::ffff:', '') ?? '127.0.0.1'
  } finally {
    socket.destroy()
  }
}

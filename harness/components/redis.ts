import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startContainer } from './container.ts'
import { withFreePort } from './port.ts'
import { launch } from './process.ts'
import { provide } from './provide.ts'
import { timing } from './timing.ts'
import type { Found, Missing, StartOptions } from './types.ts'
import { urlVersion } from './url-version.ts'

export interface RedisHandle extends AsyncDisposable {
  found: Found
  /** redis://host:port, with what else a given url says. */
  url: string
  host: string
  port: number
}

/** In memory only, and one database per cell: 16, the default, is fewer than a big run has cells. */
const ARGS = ['--save', '', '--appendonly', 'no', '--databases', '256']

/**
 * Brings up a Redis of our own, or attaches to the one at the given url. Disposing stops what was started; a Redis that
 * was given is left as it is. Throws the signal's reason on abort.
 */
export async function startRedis(options: StartOptions): Promise<RedisHandle | Missing> {
  const logFile = join(options.logDir, 'redis.log')
  const { signal } = options
  return await provide<RedisHandle>('redis', options, {
    url: async (found) => attach(found, found.where),

    container: async (found, engine) => {
      const container = await startContainer({
        engine,
        image: found.where,
        // Protected mode refuses every client that is not on the container's own loopback.
        command: ['redis-server', '--protected-mode', 'no', ...ARGS],
        ports: [6379],
        logFile,
        readyLog: /Ready to accept/,
        timeoutMs: timing.start,
        signal,
      })
      const url = `redis://${container.host}:${container.port(6379)}`
      return attach({ ...found, version: (await urlVersion('redis', url)) ?? found.version }, url, container)
    },

    binary: async (found) => {
      const folder = await mkdtemp(join(tmpdir(), 'gauntlet-redis-'))
      const cleanUp = async () => await rm(folder, { recursive: true, force: true })
      try {
        return await withFreePort(async (port) => {
          const url = `redis://127.0.0.1:${port}`
          const ready = async () => (await urlVersion('redis', url)) !== undefined
          const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...ARGS]
          const child = await launch({ name: 'redis', command: found.where, args, logFile, ready, timeoutMs: timing.start, signal })
          return attach(found, url, {
            [Symbol.asyncDispose]: async () => {
              await child[Symbol.asyncDispose]()
              await cleanUp()
            },
          })
        })
      } catch (error) {
        await cleanUp()
        throw error
      }
    },
  })
}

function attach(found: Found, url: string, owned?: AsyncDisposable): RedisHandle {
  const { hostname, port } = new URL(url)
  return { found, url, host: hostname, port: Number(port || 6379), [Symbol.asyncDispose]: async () => await owned?.[Symbol.asyncDispose]() }
}

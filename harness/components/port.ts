import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { isHarnessError } from '../errors.ts'

// Below the ports that Linux (32768), macOS and Windows (49152) give to connections and to whoever asks for port 0: what the
// kernel picks is often a client's port a moment later, and a port that a run was given must still be free minutes after.
const FIRST = 15_000
const COUNT = 17_000

// Two cells that start in parallel would race for a port between the probe's close and their own `listen`.
const handedOut = new Set<number>()

// Windows keeps ranges to itself (EACCES). Where nobody may listen at all, looking on would never end.
const MOST_REFUSALS = 200

/** A TCP port on `host` that was free a moment ago and that this process was not given before. Throws what `listen` does where none can be had. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let refusals = 0; ; ) {
    const port = FIRST + randomInt(COUNT)
    if (handedOut.size > COUNT / 2) handedOut.clear()
    if (handedOut.has(port)) continue
    handedOut.add(port)
    const probe = createServer().listen(port, host)
    try {
      await once(probe, 'listening')
      await new Promise((resolve) => probe.close(resolve))
      return port
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if ((code !== 'EADDRINUSE' && code !== 'EACCES') || ++refusals === MOST_REFUSALS) throw error
    }
  }
}

/**
 * Runs `start` with a free port, and again with another one when it throws HAR_ERR_PORT_TAKEN: between our probe and
 * the child's own `listen` another process may take the port. Throws what the last try threw.
 */
export async function withFreePort<T>(start: (port: number) => Promise<T>, tries = 3): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (attempt >= tries || !isHarnessError(error, 'HAR_ERR_PORT_TAKEN')) throw error
    }
  }
}

import { once } from 'node:events'
import { createServer } from 'node:net'
import { isHarnessError } from '../errors.ts'

// The kernel may hand the same port out again as soon as the probe is closed; two cells that start in parallel would
// then race for it. Remembering what this process was given removes the common half of that race.
const handedOut = new Set<number>()

/** A TCP port on `host` that was free a moment ago and that this process was not given before. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const probe = createServer()
    probe.listen(0, host)
    await once(probe, 'listening')
    const address = probe.address()
    await new Promise((resolve) => probe.close(resolve))
    if (address === null || typeof address === 'string') throw new TypeError(`Expected a TCP address for ${host}.`)
    if (handedOut.size > 10_000) handedOut.clear()
    if (handedOut.has(address.port)) continue
    handedOut.add(address.port)
    return address.port
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

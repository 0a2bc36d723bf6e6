import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of this machine that nothing listens on, below those that the kernel gives to connections: it is still free when a process has started, and started again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + randomInt(17_000)
    const probe = createServer().listen(port, '127.0.0.1')
    try {
      await once(probe, 'listening')
      await new Promise((resolve) => probe.close(resolve))
      return port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

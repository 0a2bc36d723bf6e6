import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of this machine that nothing listens on, below those that the kernel gives to connections: it is still free when a process has started, and started again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + randomInt(17_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(() => true, () => false)
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

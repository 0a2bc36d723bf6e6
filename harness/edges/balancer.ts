import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Balancer extends AsyncDisposable {
  readonly host: string
  readonly port: number
}

const host = '127.0.0.1'

/**
 * A load balancer for replicas on this machine: each connection goes to the next port in turn, one that refuses is passed over. TCP only, so
 * that it changes nothing of what is judged: bytes leave as they come, a FIN is passed on as one, and a reset as a reset.
 */
export const startBalancer = async (ports: readonly number[]): Promise<Balancer> => {
  let turn = 0
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
    open.add(caller)
    caller.once('close', () => open.delete(caller))
    // Whoever subscribes only after the replica was reached would miss a caller that left in between.
    caller.on('error', () => undefined)
    void serve(caller, turn++)
  })
  const serve = async (caller: Socket, first: number): Promise<void> => {
    const replica = await reach(ports, first)
    if (!replica || caller.destroyed) {
      replica?.destroy()
      caller.resetAndDestroy()
      return
    }
    open.add(replica)
    replica.once('close', () => open.delete(replica))
    join(caller, replica)
    join(replica, caller)
  }
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host, port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A connection to the first replica that takes one, beginning with the one whose turn it is. */
const reach = async (ports: readonly number[], turn: number): Promise<Socket | undefined> => {
  for (const [step] of ports.entries()) {
    const socket = connect({ host, port: ports[(turn + step) % ports.length] ?? 0, allowHalfOpen: true, noDelay: true })
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    if (connected) return socket
  }
  return undefined
}

/** One direction. `pipe` passes data and FIN on; how the other kinds of end travel is the point of this function. */
const join = (from: Socket, to: Socket): void => {
  from.pipe(to)
  from.on('error', () => to.resetAndDestroy())
  from.once('close', () => {
    if (!from.readableEnded && !to.destroyed) to.resetAndDestroy()
  })
}

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { startBalancer } from './balancer.ts'

const replica = async (serve: (socket: Socket) => void) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    serve(socket)
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => void (await new Promise((resolve) => server.close(resolve))) }
}

/** What a caller reads, and how it ends. */
const ask = async (port: number): Promise<{ text: string; how: string }> => {
  const socket = connect(port, '127.0.0.1')
  socket.write('?')
  let text = ''
  socket.on('data', (bytes) => (text += String(bytes)))
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ text, how: error.code ?? '' }))
    socket.once('end', () => resolve({ text, how: 'end' }))
  })
}

test('connections go to the replicas in turn, and one that refuses is passed over', async () => {
  await using a = await replica((socket) => socket.end('a'))
  await using b = await replica((socket) => socket.end('b'))
  await using balancer = await startBalancer([a.port, b.port])
  const seen = [await ask(balancer.port), await ask(balancer.port), await ask(balancer.port)]
  expect(seen.map((s) => s.text)).toEqual(['a', 'b', 'a'])

  const gone = await replica(() => undefined)
  await gone[Symbol.asyncDispose]()
  await using half = await startBalancer([gone.port, b.port])
  expect([await ask(half.port), await ask(half.port)].map((s) => s.text)).toEqual(['b', 'b'])
})

test('a reset of a replica arrives as a reset, after what came before it', async () => {
  await using a = await replica((socket) => {
    socket.write('half')
    socket.once('data', () => setImmediate(() => socket.resetAndDestroy()))
  })
  await using balancer = await startBalancer([a.port])
  expect((await ask(balancer.port)).how).toBe('ECONNRESET')
})

test('a caller that leaves is gone at the replica too', async () => {
  const left = Promise.withResolvers<string>()
  await using a = await replica((socket) => {
    socket.write('hello')
    socket.once('error', (error: NodeJS.ErrnoException) => left.resolve(error.code ?? ''))
    socket.once('close', () => left.resolve('closed'))
    socket.resume()
  })
  await using balancer = await startBalancer([a.port])
  const socket = connect(balancer.port, '127.0.0.1')
  await once(socket, 'data')
  socket.destroy()
  expect(['closed', 'ECONNRESET', 'ECONNABORTED']).toContain(await left.promise)
})

test('with no replica left, the connection is reset at once', async () => {
  const gone = await replica(() => undefined)
  await gone[Symbol.asyncDispose]()
  await using balancer = await startBalancer([gone.port])
  expect((await ask(balancer.port)).how).toBe('ECONNRESET')
})

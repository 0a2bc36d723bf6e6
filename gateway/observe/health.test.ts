import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { open, read, startGateway, testConfig } from '../test-support.ts'

/** As much of Redis as a client needs to connect and to PING, on a given port; `mute` lets it fall silent. */
async function fakeRedis(port = 0) {
  const sockets = new Set<Socket>()
  const state = { mute: false }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      if (state.mute) return
      for (const command of String(data).split(/(?=\*\d+\r\n)/)) {
        const said = /\$4\r\nping\r\n(.*)/is.exec(command)?.[1]
        if (said !== undefined) socket.write(said)
        else if (/\$4\r\ninfo/i.test(command)) socket.write('$19\r\nredis_version:7.0.0\r\n')
        else socket.write('+OK\r\n')
      }
    })
  }).listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return { state, port: (server.address() as AddressInfo).port, async [Symbol.asyncDispose]() {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  } }
}

async function ready(url: string) {
  const started = performance.now()
  const reply = await read(await open(`${url}/health/ready`, undefined, { headers: { authorization: '' } }).response)
  return { status: reply.status, ms: performance.now() - started, body: JSON.parse(reply.text) as Record<string, unknown> }
}

async function until(url: string, status: number): Promise<void> {
  while ((await ready(url)).status !== status);
}

test('without dependencies, both are 200', async () => {
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1']))
  for (const path of ['live', 'ready']) expect(await read(await open(`${gw.url}/health/${path}`, undefined).response)).toMatchObject({ status: 200 })
})

test('readiness follows Redis down and up again; liveness does not', async () => {
  const redis = await fakeRedis()
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { redis: { url: `redis://127.0.0.1:${redis.port}` } }))
  await until(gw.url, 200)

  // The quickest of three: what stops the whole process for a moment says nothing of the gateway.
  let quickest = Number.POSITIVE_INFINITY
  for (let n = 0; n < 3; n++) {
    redis.state.mute = true
    const mute = await ready(gw.url)
    expect(mute).toMatchObject({ status: 503, body: { status: 'not_ready', dependencies: { redis: { status: 'down', required: true } } } })
    quickest = Math.min(quickest, mute.ms)
    redis.state.mute = false
    await until(gw.url, 200)
  }
  expect(quickest).toBeLessThan(100)

  await redis[Symbol.asyncDispose]()
  await until(gw.url, 503)
  expect(await read(await open(`${gw.url}/health/live`, undefined).response)).toMatchObject({ status: 200 })
  await using again = await fakeRedis(redis.port)
  await until(gw.url, 200)
  expect(again.port).toBe(redis.port)
})

test('a Redis that is not required is reported, not insisted on', async () => {
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { redis: { url: 'redis://127.0.0.1:1', required: false } }))
  expect(await ready(gw.url)).toMatchObject({ status: 200, body: { dependencies: { redis: { status: 'down', required: false } } } })
})

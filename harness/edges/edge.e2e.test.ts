import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../components/port.ts'
import { startToxiproxy, type ToxiproxyHandle } from '../components/toxiproxy.ts'
import { tempFolder } from '../components/fixture.ts'
import { isMissing } from '../components/types.ts'
import type { Toxic } from '../faults/fault.ts'
import { now } from '../timing.ts'
import { raw } from '../upstream/fixture.ts'
import { directEdge, toxicEdge } from './edge.ts'
import type { Edge } from './edge.ts'

const LATENCY: Toxic = { type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 150, jitter: 0 } }
const ARMED: Toxic = { type: 'reset_peer', stream: 'downstream', toxicity: 0, attributes: { timeout: 0 } }

let toxiproxy: ToxiproxyHandle | undefined
let reason: string | undefined
beforeAll(async () => {
  const started = await startToxiproxy({ logDir: tempFolder('edge-e2e') })
  if (isMissing(started)) reason = `toxiproxy not found: ${started.reason}`
  else toxiproxy = started
})
afterAll(async () => await toxiproxy?.[Symbol.asyncDispose]())

interface Rig extends AsyncDisposable {
  edge: Edge
  /** The next connection as the server behind the edge has it. */
  arrived: () => Promise<Socket>
}

/** An echo server behind an edge. */
const rig = async (name: string): Promise<Rig> => {
  const stack = new AsyncDisposableStack()
  const waiting: ((socket: Socket) => void)[] = []
  const server = stack.use(createServer((socket) => {
    stack.defer(() => void socket.destroy())
    socket.on('error', () => undefined).on('data', (part) => socket.write(part))
    waiting.shift()?.(socket)
  }))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const edge = stack.use(await toxicEdge({ apiUrl: toxiproxy?.apiUrl ?? '', host: toxiproxy?.host ?? '', name: `${name}-${process.pid}`, to: { host: '127.0.0.1', port } }))
  const arrived = () => new Promise<Socket>((resolve) => waiting.push(resolve))
  return { edge, arrived, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** How long an echo takes through the edge, or why there is none. */
const echo = async (edge: Edge): Promise<number | string> => {
  const from = now()
  try {
    const { socket, ended } = await raw(edge.port, 'ping')
    const how = await Promise.race([once(socket, 'data').then(() => now() - from), ended])
    socket.destroy()
    return how
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
const names = async (): Promise<Record<string, { toxics: { name: string }[]; enabled: boolean }>> => {
  const answer = await fetch(`${toxiproxy?.apiUrl}/proxies`)
  return (await answer.json()) as Record<string, { toxics: { name: string }[]; enabled: boolean }>
}
const toxicsOf = async (edge: Edge): Promise<number | undefined> => (await names())[edge.name]?.toxics.length

describe('an edge with toxiproxy', () => {
  test('passes bytes on; latency delays them; its heal ends that', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig('latency')
    expect(await echo(r.edge)).toBeLessThan(140)
    const heal = await r.edge.inject([LATENCY], false)
    expect(await echo(r.edge)).toBeGreaterThanOrEqual(148)
    await heal()
    expect(await echo(r.edge)).toBeLessThan(140)
    expect(await toxicsOf(r.edge)).toBe(0)
  })

  test('down refuses connections and cuts those there are; the heal brings the same port back', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig('down')
    const open = await raw(r.edge.port, 'ping')
    await once(open.socket, 'data')
    const heal = await r.edge.inject([], true)
    expect(await echo(r.edge)).toBe('ECONNREFUSED')
    await open.ended
    await heal()
    expect(await echo(r.edge)).toBeLessThan(140)
  })

  test('a heal removes what was injected and nothing else, in any order', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig('heal')
    const first = await r.edge.inject([LATENCY, { ...LATENCY, stream: 'upstream' }], false)
    const second = await r.edge.inject([ARMED], false)
    expect(await toxicsOf(r.edge)).toBe(3)
    await first()
    expect((await names())[r.edge.name]?.toxics).toMatchObject([{ type: 'reset_peer', toxicity: 0 }])
    await first() // once is enough; twice does no harm
    await second()
    expect(await toxicsOf(r.edge)).toBe(0)
  })

  test('an inject that fails leaves nothing behind', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig('fail')
    await expect(r.edge.inject([LATENCY, { ...LATENCY, type: 'no-such-toxic' as 'latency' }], true)).rejects.toThrow()
    expect((await names())[r.edge.name]).toMatchObject({ toxics: [], enabled: true })
    expect(await echo(r.edge)).toBeLessThan(140)
  })

  test('a heal whose first step fails still does the others, and says so', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig('heal-fails')
    const heal = await r.edge.inject([LATENCY, ARMED], false)
    const armed = (await names())[r.edge.name]?.toxics[1]?.name
    await fetch(`${toxiproxy?.apiUrl}/proxies/${r.edge.name}/toxics/${armed}`, { method: 'DELETE' })
    await expect(heal()).rejects.toThrow()
    expect(await toxicsOf(r.edge)).toBe(0)
  })

  test.for([['a FIN when it is not armed', [], 'fin'], ['an RST when it is armed', [ARMED], 'ECONNRESET']] as const)('a reset behind it arrives as %s', async ([, toxics, how], ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig(`reset-${how}`)
    await r.edge.inject(toxics, false)
    const arriving = r.arrived()
    const { socket, ended, wire } = await raw(r.edge.port, 'ping')
    await once(socket, 'data')
    ;(await arriving).resetAndDestroy()
    expect(await ended).toBe(how)
    expect(wire().toString()).toBe('ping')
  })

  test('dispose removes the proxy, and is calm when Toxiproxy has lost it', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    let name: string
    {
      await using r = await rig('dispose')
      name = r.edge.name
      expect(Object.keys(await names())).toContain(name)
    }
    expect(Object.keys(await names())).not.toContain(name)
    await using again = await rig('lost')
    await fetch(`${toxiproxy?.apiUrl}/proxies/${again.edge.name}`, { method: 'DELETE' })
  })

  test('listens on a port of the caller\'s choice, for a target that already runs', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    const port = await freePort()
    const make = (name: string) => toxicEdge({ apiUrl: toxiproxy?.apiUrl ?? '', host: toxiproxy?.host ?? '', name: `${name}-${process.pid}`, to: { host: '127.0.0.1', port: 9 }, port })
    await using edge = await make('fixed')
    expect(edge.port).toBe(port)
    await expect(make('second')).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_START', message: expect.stringContaining(`on port ${port}`) })
  })

  test('a name that is taken, or a Toxiproxy that is gone, has the code of a component', async (ctx) => {
    ctx.skip(reason !== undefined, reason)
    await using r = await rig('taken')
    const more = { host: '127.0.0.1', to: { host: '127.0.0.1', port: 9 } }
    await expect(toxicEdge({ ...more, apiUrl: toxiproxy?.apiUrl ?? '', name: r.edge.name })).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_START' })
    await expect(toxicEdge({ ...more, apiUrl: 'http://127.0.0.1:9', name: 'gone' })).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_START' })
  })
})

test('an edge without toxiproxy is the address itself, and takes no fault', async () => {
  const edge = directEdge('primary', '127.0.0.1', 4711)
  expect(edge).toMatchObject({ host: '127.0.0.1', port: 4711 })
  await expect(edge.inject([LATENCY], false)).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_REQUIRED' })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Toxiproxy } from 'toxiproxy-node-client'
import { afterEach, describe, expect, test } from 'vitest'
import { ownContainers, tempFolder, whyNotHere } from './fixture.ts'
import { startToxiproxy } from './toxiproxy.ts'
import { isMissing } from './types.ts'

const logDir = tempFolder('toxiproxy-e2e')
afterEach(async () => expect(await ownContainers()).toEqual([]))

describe.each(['binary', 'container'] as const)('toxiproxy by %s', (provider) => {
  test('carries requests to an upstream on our loopback, delays them, and is gone afterwards', async (ctx) => {
    const reason = await whyNotHere('toxiproxy', provider)
    ctx.skip(reason !== undefined, reason)
    await using upstream = createServer((_, response) => response.end('from upstream')).listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    let apiUrl: string
    {
      await using handle = await started({ settings: { provider }, logDir })
      apiUrl = handle.apiUrl
      expect(handle.found).toMatchObject({ name: 'toxiproxy', provider, version: expect.stringMatching(/^2/) })
      const [listen = ''] = handle.reserve(1)
      const port = (upstream.address() as AddressInfo).port
      const proxy = await new Toxiproxy(apiUrl).createProxy({ name: 'primary', listen, upstream: `${handle.upstreamHost}:${port}` })
      const lane = `http://${handle.host}:${proxy.listen.split(':').at(-1)}`
      expect(await get(lane)).toMatchObject({ text: 'from upstream' })
      await proxy.addToxic({ name: 'slow', type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 300, jitter: 0 } })
      expect((await get(lane)).ms).toBeGreaterThanOrEqual(295)
      handle.release(listen)

      await using attached = await started({ settings: { url: `${apiUrl}/` }, logDir })
      expect(attached).toMatchObject({ apiUrl, host: '127.0.0.1', upstreamHost: '127.0.0.1', found: { provider: 'url' } })
    }
    await expect(fetch(`${apiUrl}/version`)).rejects.toThrow()
  })

  test('two run beside each other', async (ctx) => {
    const reason = await whyNotHere('toxiproxy', provider)
    ctx.skip(reason !== undefined, reason)
    const [one, two] = await Promise.all([started({ settings: { provider }, logDir }), started({ settings: { provider }, logDir })])
    expect(one.apiUrl).not.toBe(two.apiUrl)
    await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()])
  })
})

async function get(url: string) {
  const from = performance.now()
  // A new connection each: a toxic changes only what passes after it was added, but a pooled socket may be mid-way.
  const response = await fetch(url, { headers: { connection: 'close' } })
  return { text: await response.text(), ms: performance.now() - from }
}

async function started(options: Parameters<typeof startToxiproxy>[0]) {
  const handle = await startToxiproxy(options)
  if (isMissing(handle)) throw new Error(handle.reason)
  return handle
}

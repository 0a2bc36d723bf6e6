import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ownContainers, tempFolder, whyNotHere } from './fixture.ts'
import { startRedis } from './redis.ts'
import { isMissing } from './types.ts'
import { urlVersion } from './url-version.ts'

const logDir = tempFolder('redis-e2e')
afterEach(async () => {
  vi.unstubAllEnvs()
  expect(await ownContainers()).toEqual([])
})

describe.each(['binary', 'container'] as const)('redis by %s', (provider) => {
  test('answers, has a database for each of 256 cells, and is gone afterwards', async (ctx) => {
    const reason = await whyNotHere('redis', provider)
    ctx.skip(reason !== undefined, reason)
    let url: string
    {
      await using handle = await started({ settings: { provider }, logDir })
      url = handle.url
      expect(handle.found).toMatchObject({ name: 'redis', provider, version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
      const redis = new Redis(`${url}/255`)
      expect(await redis.set('a', '1')).toBe('OK')
      expect(await redis.get('a')).toBe('1')
      redis.disconnect()
      expect(readFileSync(join(logDir, 'redis.log'), 'utf8')).toContain('Ready to accept')

      await using attached = await started({ settings: { url }, logDir })
      expect(attached).toMatchObject({ url, found: { provider: 'url', version: handle.found.version } })
    }
    expect(await urlVersion('redis', url)).toBeUndefined()
  })

  test('an abort in the middle of a start leaves nothing', async (ctx) => {
    const reason = await whyNotHere('redis', provider)
    ctx.skip(reason !== undefined, reason)
    for (const ms of [1, 30, 120, 250]) {
      const stopped = await startRedis({ settings: { provider }, logDir, signal: AbortSignal.timeout(ms) }).catch((error: Error) => error.name)
      if (typeof stopped !== 'string') await disposed(stopped)
      else expect(stopped).toBe('TimeoutError')
      expect(await ownContainers()).toEqual([])
    }
  })
})

test('a container that cannot be had gives way to a binary, with a note', async (ctx) => {
  const reason = (await whyNotHere('redis', 'binary')) ?? (await whyNotHere('docker', 'container'))
  ctx.skip(reason !== undefined, reason)
  // A registry that refuses the connection at once.
  vi.stubEnv('GAUNTLET_REDIS_IMAGE', '127.0.0.1:1/none:1')
  await using handle = await started({ logDir })
  expect(handle.found).toMatchObject({ provider: 'binary', note: expect.stringContaining('127.0.0.1:1/none:1 is not here and cannot be pulled') })
  const forced = await startRedis({ settings: { provider: 'container' }, logDir })
  expect(forced).toMatchObject({ name: 'redis', reason: expect.stringContaining('cannot be pulled') })
})

async function started(options: Parameters<typeof startRedis>[0]) {
  const handle = await startRedis(options)
  if (isMissing(handle)) throw new Error(handle.reason)
  return handle
}

async function disposed(handle: Awaited<ReturnType<typeof startRedis>>) {
  if (!isMissing(handle)) await handle[Symbol.asyncDispose]()
}

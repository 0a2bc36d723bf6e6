import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startEnvironment } from '../../components/index.ts'
import type { Environment } from '../../components/index.ts'
import { good, LIMITED_KEY, Rig, type Reply } from './fixture.ts'

let environment: Environment
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-limit-'))
  environment = await startEnvironment({}, { require: [], want: ['redis'], logDir: folder, signal: new AbortController().signal })
})
afterAll(async () => {
  await environment[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const ask = async (rig: Rig): Promise<Reply> => rig.chat({}, { headers: { authorization: `Bearer ${LIMITED_KEY}` } })
const admitted = (replies: readonly Reply[]): number => replies.filter(({ status }) => status === 200).length

test('two proxies with one Redis let in one burst together, in which nothing is lost between reading and writing', async ({ skip }) => {
  const { redis } = environment
  if (redis === undefined) return skip('redis not found')
  const options = { redis: `redis://${redis.host}:${redis.port}/7`, timing: { limitPerSecond: 4 } }
  await using one = await Rig.start(good, options)
  await using other = await Rig.start(good, options)
  const together = async (): Promise<Reply[]> => Promise.all(Array.from({ length: 20 }, async (_, n) => ask(n % 2 === 0 ? one : other)))
  expect(admitted(await together())).toBe(3)
  // Three come back in 750 ms, and no more than three.
  await one.until(() => false, 1000)
  const again = await together()
  expect(admitted(again)).toBe(3)
  expect(new Set(again.map(({ headers }) => headers['x-ratelimit-remaining']))).toEqual(new Set(['2', '1', '0']))
})

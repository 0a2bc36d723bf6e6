import { spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerJson, callerKey, chatBody, completion, fakeUpstream, open, read, testConfig } from '../test-support.ts'
import type { Reply } from '../test-support.ts'
import { admin, adminKey, adminSettings, told, until } from './test-admin.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const wrongKey = 'wrong-key-canary-1'

/** The real process, for its real log. */
async function launch(config: unknown) {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-keys-'))
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify(config))
  const child = spawn(process.execPath, [main, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output: string[] = []
  const listening = Promise.withResolvers<string>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (some: string) => {
      output.push(some)
      const url = /listening at (http:\/\/[\d.:]+)/.exec(output.join(''))?.[1]
      if (url !== undefined) listening.resolve(url)
    })
  }
  const exit = once(child, 'close')
  return { url: await listening.promise, async stop(): Promise<string> {
    child.kill('SIGTERM')
    await exit
    return output.join('')
  }, async [Symbol.asyncDispose]() {
    child.kill('SIGKILL')
    await exit
    await rm(folder, { recursive: true })
  } }
}

const title = 'no key and no hash in any log line, body or header'

test(`${title}, keys in memory`, { timeout: 60_000 }, async () => searched(undefined))

test(`${title}, keys in Redis, which is lost${redisMissing === undefined ? '' : ` (${redisMissing})`}`, { timeout: 60_000, skip: redisMissing !== undefined }, async () => {
  await using redis = await startRedis()
  await searched(redis)
})

/** Sends keys through every way there is, and looks for them in what came out. */
async function searched(redis: Awaited<ReturnType<typeof startRedis>> | undefined): Promise<void> {
  await using up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  await using gw = await launch({ ...testConfig([up.baseURL], { admin: adminSettings, log: { level: 'trace' } }), ...(redis === undefined ? {} : { redis: { url: redis.url } }) })
  const { url } = gw
  const replies: Reply[] = []
  const ask = async (path: string, key: string, body?: unknown, headers: Record<string, string> = {}): Promise<void> => {
    for (const credentials of [{ authorization: `Bearer ${key}` }, { authorization: '', 'x-api-key': key }, { authorization: `Basic ${key}` }]) {
      replies.push(await read(await open(url + path, body, { headers: { ...credentials, ...headers } }).response))
    }
  }
  const made = await told(url, '', { id: 'team' })
  const next = await told(url, '/team/rotate', {})
  const keys = [callerKey, adminKey, wrongKey, made.key, next.key]
  for (const key of keys) {
    for (const path of ['/v1/models', '/v1/nope', '/health/ready', '/admin/keys', `/v1/models?api_key=${key}`]) await ask(path, key)
    for (const body of [chatBody, '{"model":', { model: 'none', messages: [] }]) await ask('/v1/chat/completions', key, body)
    await ask('/v1/chat/completions', key, 'text', { 'content-type': 'text/plain' })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\0\r\n\r\n`)
    replies.push({ status: 0, headers: {}, whole: true, text: await text(socket) })
  }
  replies.push(await admin(url, 'GET', ''), await admin(url, 'POST', '', { id: 'team' }), await admin(url, 'POST', '/team/rotate', { overlapSeconds: -1 }), await admin(url, 'DELETE', '/team'), await admin(url, 'GET', ''))
  await until(url, made.key, 401)
  await redis?.stop()
  replies.push(await admin(url, 'POST', '', { id: 'late' }), await admin(url, 'DELETE', '/caller'))
  for (const key of keys) await ask('/v1/models', key)

  const log = await gw.stop()
  // The log is there, says who was changed, and has a line for each request.
  expect(log).toMatch(/"keyId":"team","change":"rotated"/)
  expect(log.match(/"msg":"request"/g)?.length).toBeGreaterThan(100)
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([0, 200, 400, 401, 403, 404, 409, 415, ...(redis === undefined ? [201] : [503])]))
  const seen = log + JSON.stringify(replies.filter(({ status }) => status !== 201))
  for (const key of keys) for (const secret of [key, hash('sha256', key)]) expect(seen).not.toContain(secret)
}

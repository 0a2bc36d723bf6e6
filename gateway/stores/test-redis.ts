import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { freePort } from '../test-port.ts'
import { killWithTests } from '../test-process.ts'

/** Why tests with a real Redis are skipped, for their names; undefined when they are not. */
export const redisMissing = spawnSync('redis-server', ['--version']).error === undefined ? undefined : 'skipped: redis-server is not on PATH'

/** A Redis of its own on a free port (or the given one), with nothing in it. */
export async function startRedis(port?: number) {
  const at = port ?? (await freePort())
  const child = spawn('redis-server', ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exit = once(child, 'exit')
  const guard = killWithTests(child)
  const accepting = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', (line) => {
    if (line.includes('Ready to accept connections')) accepting.resolve()
  })
  await Promise.race([accepting.promise, exit.then(() => Promise.reject(new Error(`redis-server did not start on port ${at}`)))])
  const client = new Redis({ host: '127.0.0.1', port: at })
  client.on('error', () => {})
  let gone = false
  const stop = async (): Promise<void> => {
    if (gone) return
    gone = true
    client.disconnect()
    guard[Symbol.dispose]()
    child.kill('SIGKILL')
    await exit
  }
  return { port: at, url: `redis://127.0.0.1:${at}`, client, stop, /** SIGSTOP: alive and connected, but silent. */ signal: (name: 'SIGSTOP' | 'SIGCONT') => child.kill(name), [Symbol.asyncDispose]: stop }
}

/** The name and the content of every key, of whatever type. */
export async function everythingIn(client: Redis): Promise<string> {
  const contents: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    string: async (key) => client.get(key),
    hash: async (key) => client.hgetall(key),
    list: async (key) => client.lrange(key, 0, -1),
    set: async (key) => client.smembers(key),
    zset: async (key) => client.zrange(key, 0, '-1'),
    stream: async (key) => client.xrange(key, '-', '+'),
  }
  const all = (await client.keys('*')).map(async (key) => {
    const type = await client.type(key)
    const content = contents[type]
    if (content === undefined && type !== 'none') throw new Error(`${key} is a ${type}`)
    return [key, await content?.(key)]
  })
  return JSON.stringify(await Promise.all(all))
}

import { timing } from './timing.ts'
import { within } from './wait.ts'
import type { ComponentName } from './types.ts'

/** The version that a running component answers at `url`, `unknown` when it answers without one, undefined when nothing answers. */
export async function urlVersion(name: ComponentName, url: string): Promise<string | undefined> {
  try {
    if (name === 'toxiproxy') return await toxiproxyVersion(url)
    if (name === 'ollama') return version((await json(`${ollamaRoot(url)}/api/version`)).version)
    if (name === 'redis') return await redisVersion(url)
  } catch {
    // Whatever went wrong, it is not usable.
  }
  return undefined
}

/** The server's root: people give Ollama's OpenAI address, http://host:11434/v1, as often as the root. */
export function ollamaRoot(url: string): string {
  return url.replace(/\/+$/, '').replace(/\/v1$/, '')
}

async function toxiproxyVersion(url: string): Promise<string> {
  const response = await fetch(`${url.replace(/\/+$/, '')}/version`, { signal: AbortSignal.timeout(timing.httpAnswer) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}`)
  // Up to 2.5 the answer is plain text, later JSON.
  return version(text)
}

async function redisVersion(url: string): Promise<string | undefined> {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: timing.httpAnswer })
  // ioredis throws unhandled "error" events at the process otherwise.
  redis.on('error', () => undefined)
  try {
    const info = await within(timing.httpAnswer, redis.connect().then(async () => await redis.info('server')))
    return info === undefined ? undefined : version(/redis_version:(\S+)/.exec(info)?.[1] ?? '')
  } finally {
    redis.disconnect()
  }
}

async function json(url: string): Promise<{ version: string }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timing.httpAnswer) })
  if (!response.ok) throw new Error(`${response.status}`)
  return (await response.json()) as { version: string }
}

/** Programs built with `go install` answer "git" or 0.0.0; that is no version. */
function version(text: string): string {
  const found = /\d+\.\d+\.\d+/.exec(text)?.[0]
  return found === undefined || found === '0.0.0' ? 'unknown' : found
}

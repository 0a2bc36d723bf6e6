import { Agent } from 'node:http'
import { hash } from 'node:crypto'
import { chatBody, open, read } from '../test-support.ts'
import type { Reply } from '../test-support.ts'

export const adminKey = 'admin-key-canary-1'
export const adminSettings = { sha256: hash('sha256', adminKey) }

/** A row of `GET /admin/keys`, or the answer to a change. */
export interface Row {
  readonly id: string
  readonly tenant: string
  readonly source: string
  readonly state: string
  readonly createdAt: string | null
  readonly expiresAt: string | null
}
export interface Told extends Row {
  readonly key: string
  readonly retiring: readonly { readonly createdAt: string | null; readonly expiresAt: string }[]
}

/** One admin request, with the admin key unless another is given. */
export async function admin(url: string, method: string, path: string, body?: unknown, key = adminKey): Promise<Reply> {
  return read(await open(`${url}/admin/keys${path}`, body, { method, headers: { authorization: `Bearer ${key}` } }).response)
}

/** The same, for a key that the answer tells; throws when it tells none. */
export async function told(url: string, path: string, body?: unknown): Promise<Told> {
  const reply = await admin(url, 'POST', path, body)
  if (reply.status >= 300) throw new Error(`${reply.status}: ${reply.text}`)
  return JSON.parse(reply.text) as Told
}

export async function listed(url: string): Promise<Row[]> {
  return (JSON.parse((await admin(url, 'GET', '')).text) as { data: Row[] }).data
}

/** Status of a request with a key. */
export async function statusOf(url: string, key: string): Promise<number> {
  return (await read(await open(`${url}/v1/models`, undefined, { headers: { 'x-api-key': key } }).response)).status
}

/** Asks until the answer has the status; says after how many milliseconds. */
export async function until(url: string, key: string, status: number): Promise<number> {
  const started = performance.now()
  while ((await statusOf(url, key)) !== status) if (performance.now() - started > 10_000) throw new Error(`no ${status} in 10 s`)
  return performance.now() - started
}

/** Chat requests with one key, four at a time and without a pause, until stopped. */
export function traffic(url: string, key: string) {
  const agent = new Agent({ keepAlive: true })
  const statuses: number[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const stopping = new AbortController()
  const workers = Array.from({ length: 4 }, async () => {
    while (!stopping.signal.aborted) {
      const reply = await read(await open(`${url}/v1/chat/completions`, chatBody, { agent, headers: { 'x-api-key': key } }).response)
      statuses.push(reply.status)
      for (const { count, resolve } of waiting) if (statuses.length >= count) resolve()
    }
  })
  return {
    /** Resolves when so many more requests were answered. */
    async more(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ count: statuses.length + count, resolve })
      await promise
    },
    /** Every status there was. */
    async stop(): Promise<number[]> {
      stopping.abort()
      await Promise.all(workers)
      agent.destroy()
      return statuses
    },
  }
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import type { Environment } from '../components/index.ts'
import { refuseLost } from './lost.ts'

type Handles = Parameters<typeof refuseLost>[0]
const found = { name: 'toxiproxy', provider: 'binary', version: '2', where: '/x' } as const
const listening = async () => {
  const server = createServer((_, res) => res.end('{}')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : 0 }
}
const handles = (port: number): Handles => {
  const at = { host: '127.0.0.1', port, baseURL: `http://127.0.0.1:${port}`, apiUrl: `http://127.0.0.1:${port}`, found }
  return { toxiproxy: at, redis: at, ollama: at } as unknown as Pick<Environment, 'toxiproxy' | 'redis' | 'ollama'>
}

test('components that answer are not lost, nor are those that were never there', async () => {
  const { server, port } = await listening()
  await using _ = server
  await expect(refuseLost(handles(port))).resolves.toBeUndefined()
  await expect(refuseLost({})).resolves.toBeUndefined()
})

test.concurrent.each(['toxiproxy', 'redis', 'ollama'] as const)('%s that no longer answers is named, as a failure of the harness', async (name) => {
  const { server, port } = await listening()
  await server[Symbol.asyncDispose]()
  const { [name]: gone } = handles(port)
  await expect(refuseLost({ [name]: gone })).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_LOST', exitCode: 3, message: `${name} stopped answering during the run.` })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import chatJson from '../../scenarios/wire/chat-json.ts'
import embeddings from '../../scenarios/wire/embeddings.ts'
import retries from '../../scenarios/retries/500-once.ts'
import toolCalls from '../../scenarios/streaming/tool-calls.ts'
import { Target } from '../../schemas/config.ts'
import type { Environment } from '../components/index.ts'
import { freePort } from '../components/port.ts'
import { parseConfig } from '../controls/proxy/config.ts'
import { Gateway } from '../controls/proxy/server.ts'
import { readEvidence } from '../evidence/folder.ts'
import { run } from './run.ts'

const KEY = 'sk-again-caller'
const scenarios = {
  'wire/chat-json': chatJson, 'wire/embeddings': embeddings, 'streaming/tool-calls': toolCalls, 'retries/500-once': retries,
}
const nothing: Environment = { components: [], [Symbol.asyncDispose]: async () => undefined }

/** A gateway with a cache that already runs, and runs of the harness against it. */
const running = async () => {
  const [primary, secondary] = [await freePort(), await freePort()]
  const models = { 'gauntlet-chat': ['primary'], 'gauntlet-fallback': ['primary', 'secondary'], 'gauntlet-embed': ['primary'] }
  const upstreams = { primary: `http://127.0.0.1:${primary}/v1`, secondary: `http://127.0.0.1:${secondary}/v1` }
  const gateway = new Gateway(parseConfig({ port: 0, callerKey: KEY, upstreamKey: 'sk-again-upstream', upstreams, models }))
  const port = await gateway.listen()
  const folder = await mkdtemp(join(tmpdir(), 'gauntlet-again-'))
  const target = Target.parse({
    baseURL: `http://127.0.0.1:${port}/v1`, auth: { key: KEY }, models: { chat: 'gauntlet-chat', embeddings: 'gauntlet-embed' },
    claims: { features: ['chat', 'chat.stream', 'embeddings', 'auth', 'retry'], retry: { retries: 2, maxDelayMs: 400, maxRetryAfterMs: 2000 } },
  })
  return {
    go: async (name: string, seed = 7) => {
      const report = await run({
        target, selector: '', scenarios, suite: { version: '0', catalogueHash: '' }, environment: nothing, seed, strict: true, repeat: 1, confirm: 0, cells: 1,
        folder: join(folder, name), signal: new AbortController().signal, live: {}, ports: { primary, secondary },
      })
      const { evidence } = await readEvidence(join(folder, name, 'scenarios/wire/chat-json/0'))
      return { verdicts: report.scenarios.filter((s) => s.verdict !== 'pass').map((s) => [s.id, s.verdict, s.reason]), hash: report.run.transcriptHash, nonces: evidence.exchanges.map((x) => x.nonce) }
    },
    [Symbol.asyncDispose]: async () => {
      gateway.server.closeAllConnections()
      await new Promise((resolve) => gateway.server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

test('a gateway that keeps answers is not asked what it was asked in an earlier run, and the transcript is the same all the same', { timeout: 30_000 }, async () => {
  await using gateway = await running()
  const [first, second, other] = [await gateway.go('one'), await gateway.go('two'), await gateway.go('three', 8)]
  expect([first.verdicts, second.verdicts, other.verdicts]).toEqual([[], [], []])
  expect(second.nonces.filter((nonce) => first.nonces.includes(nonce))).toEqual([])
  expect(second.hash).toBe(first.hash)
  expect(other.hash).not.toBe(first.hash)
})

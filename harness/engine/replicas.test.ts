import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import retries from '../../scenarios/retries/500-once.ts'
import type { Environment } from '../components/index.ts'
import { readEvidence } from '../evidence/folder.ts'
import { controlTarget } from '../targets/builtin.ts'
import { run } from './run.ts'

const nothing: Environment = { components: [], [Symbol.asyncDispose]: async () => undefined }

test.each([1, 2, 3])('of %i replicas each has to be healthy before a scenario and behind it: the balancer would send the next one to the one that is not', { timeout: 30_000 }, async (replicas) => {
  const folder = await mkdtemp(join(tmpdir(), 'gauntlet-replicas-'))
  const target = controlTarget('none', { redis: false, version: '0' })
  if (target.launch === undefined) throw new Error('A control is launched.')
  try {
    const report = await run({
      target: { ...target, launch: { ...target.launch, replicas } }, selector: '', scenarios: { 'retries/500-once': retries }, suite: { version: '0', catalogueHash: '' }, environment: nothing,
      seed: 1, strict: true, repeat: 1, confirm: 0, cells: 1, folder, signal: new AbortController().signal, live: {},
    })
    expect(report.scenarios.map(({ verdict }) => verdict)).toEqual(['pass'])
    const { evidence } = await readEvidence(join(folder, 'scenarios/retries/500-once/0'))
    for (const window of ['baseline', 'recovery']) expect(evidence.exchanges.filter((x) => x.window === window).length, window).toBe(replicas)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenarios } from '../scenarios/index.ts'
import { requiredComponents } from './cli/options.ts'
import { startEnvironment } from './components/index.ts'
import type { Environment } from './components/index.ts'
import { run } from './engine/run.ts'
import { referenceTarget } from './targets/builtin.ts'
import { changed, changes } from './testing/readme-claims.ts'

/** A minute for all of them: with `GAUNTLET_MATRIX`, as for the kill matrix; a quick few otherwise. */
const quick = ['rateLimits', 'retry', 'cache', 'output']
const asked = process.env['GAUNTLET_MATRIX'] === undefined ? changes.filter(({ set }) => quick.some((name) => Object.hasOwn(set, name))) : changes

if (asked.length < changes.length) console.log(`readme claims: ${asked.length} of ${changes.length} settings switched off; GAUNTLET_MATRIX=rows does all, in about a minute`)

/** Scenarios that pass prove something only if they fail of a gateway that promises the same and does not do it. */
describe('the reference gateway with a feature off', () => {
  let environment: Environment
  let folder: string
  const signal = new AbortController().signal

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gauntlet-readme-claims-'))
    environment = await startEnvironment({}, { require: requiredComponents([], []), want: ['toxiproxy', 'redis'], logDir: join(folder, 'logs'), signal })
  })
  afterAll(async () => {
    await environment[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test.for(asked.map(({ set, red }) => [JSON.stringify(set), set, red] as const))('%s', async ([name, set, red], context) => {
    if (environment.redis === undefined && Object.keys(set).some((path) => path.startsWith('redis.'))) context.skip('redis-server not found')
    const report = await run({
      target: changed(referenceTarget({ redis: environment.redis !== undefined, version: '0' }), set), selector: '', scenarios: Object.fromEntries(Object.entries(scenarios).filter(([id]) => id in red)),
      suite: { version: '0', catalogueHash: '' }, environment, seed: 1, strict: true, repeat: 1, confirm: 0, cells: 3, folder: join(folder, name.replaceAll(/\W+/g, '-')), signal, live: {},
    })
    const judged = report.scenarios.filter(({ verdict }) => verdict !== 'skipped')
    if (judged.length === 0) context.skip(report.scenarios[0]?.reason)
    const found = judged.map(({ id, verdict, reason, checks }) => [id, verdict, verdict === 'fail' ? checks.filter((c) => c.verdict === 'fail').map((c) => c.name) : reason])
    expect(found).toEqual(judged.map(({ id }) => [id, 'fail', expect.arrayContaining([red[id]])]))
  })
})

import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenarios } from '../scenarios/index.ts'
import reportSchema from '../schemas/published/report.schema.json' with { type: 'json' }
import type { Report } from '../schemas/report.ts'
import { requiredComponents } from './cli/options.ts'
import { startEnvironment } from './components/index.ts'
import type { Environment } from './components/index.ts'
import { reportOf } from './verdict/report.ts'
import { loadRun } from './verdict/run-document.ts'
import { run } from './engine/run.ts'
import { referenceTarget } from './targets/builtin.ts'

/** The second front of the engine: one run, and one test per scenario that shows its verdict. vitest repeats nothing. */
describe('the reference gateway', () => {
  let environment: Environment
  let folder: string
  let report: Report

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gauntlet-conformance-'))
    const signal = new AbortController().signal
    environment = await startEnvironment({}, { require: requiredComponents([], []), want: ['toxiproxy', 'redis', 'ollama'], logDir: join(folder, 'logs'), signal })
    const target = referenceTarget({ redis: environment.redis !== undefined, version: '0' })
    report = await run({ target, selector: '', scenarios, suite: { version: '0', catalogueHash: '' }, environment, seed: 1, strict: false, repeat: 1, confirm: 4, cells: 2, folder, signal, live: {} })
  })
  afterAll(async () => environment[Symbol.asyncDispose]())

  for (const id of Object.keys(scenarios)) {
    test(id, (context) => {
      const found = report.scenarios.find((s) => s.id === id)
      if (found?.verdict === 'skipped') context.skip(found.reason)
      expect(found?.verdict, JSON.stringify(found?.checks.filter((c) => c.verdict !== 'pass'), null, 1)).toBe('pass')
    })
  }

  test('the report is valid by its published schema', () => {
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    const validate = ajv.compile(reportSchema)
    expect(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors)).toBe(true)
  })

  test('judging the folder again gives the same verdicts', async () => {
    const again = await reportOf(folder, await loadRun(folder))
    expect(again.scenarios.map((s) => [s.id, s.verdict, s.checks])).toEqual(report.scenarios.map((s) => [s.id, s.verdict, s.checks]))
    expect(again.run.transcriptHash).toBe(report.run.transcriptHash)
  })
})

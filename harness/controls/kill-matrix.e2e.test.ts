import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenarios } from '../../scenarios/index.ts'
import { requiredComponents } from '../cli/options.ts'
import { startEnvironment } from '../components/index.ts'
import type { Environment } from '../components/index.ts'
import { controls } from './index.ts'
import { disagreements, measureControl } from './matrix.ts'
import type { MatrixRow } from './matrix.ts'

/**
 * The kill matrix: what every control comes to on every scenario, exactly. GAUNTLET_MATRIX=full puts each control through
 * all scenarios; `rows` through those of its row and a few that it must pass; without it some controls do the latter.
 * GAUNTLET_MATRIX=write records the matrix anew, to be read before it is committed.
 */
const mode = process.env['GAUNTLET_MATRIX'] ?? 'sample'
const file = new URL('./kill-matrix.json', import.meta.url)
const matrix: Record<string, MatrixRow> = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'))

/** Judged under load only: which request it fails is not a matter of the scenario. */
const LOAD_ONLY = ['errs-5-percent']
const SAMPLE = new Set(['none', 'buffer-whole-stream', 'swallow-eof-as-done', 'map-429-to-500', 'leak-upstream-key', 'forward-caller-key', 'no-cancel', 'retry-400', 'breaker-never-opens', 'split-utf8-corrupt', 'no-fallback'])
const BYSTANDERS = ['wire/chat-json', 'streaming/chat-stream', 'wire/auth-missing-key', 'errors/upstream-404']

describe('kill matrix', () => {
  let environment: Environment
  let folder: string
  const signal = new AbortController().signal

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gauntlet-matrix-'))
    environment = await startEnvironment({}, { require: requiredComponents([], []), want: ['toxiproxy', 'redis', 'ollama'], logDir: folder, signal })
  })
  afterAll(async () => {
    await environment[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('has a row for every control, and every control is caught', () => {
    expect(Object.keys(matrix).sort()).toEqual(['none', ...controls.map((c) => c.name)].filter((n) => !LOAD_ONLY.includes(n)).sort())
    expect(matrix['none']).toEqual({})
    const uncaught = Object.entries(matrix).filter(([name, row]) => name !== 'none' && !Object.values(row).some((cell) => /^(sometimes )?fail/.test(cell)))
    expect(uncaught.map(([name]) => name)).toEqual([])
  })

  const all = ['none', ...controls.map((c) => c.name)].filter((n) => !LOAD_ONLY.includes(n))
  const asked = mode === 'sample' ? all.filter((n) => SAMPLE.has(n)) : all
  if (asked.length < all.length) console.log(`kill matrix: ${asked.length} of ${all.length} controls; GAUNTLET_MATRIX=full measures all, in about 40 minutes`)
  for (const name of asked) {
    test(`control:${name}`, { timeout: 300_000 }, async () => {
      const row = matrix[name] ?? {}
      const chosen = mode === 'sample' || mode === 'rows' ? Object.fromEntries(Object.entries(scenarios).filter(([id]) => id in row || BYSTANDERS.includes(id))) : scenarios
      const measured = await measureControl(name, { scenarios: chosen, environment, folder, cells: 4, signal })
      if (mode === 'write') {
        matrix[name] = measured.row
        await writeFile(file, `${JSON.stringify(Object.fromEntries(Object.entries(matrix).sort(([a], [b]) => a.localeCompare(b))), null, 1)}\n`)
        return
      }
      // What needs a component that is not here was skipped, and what a busy machine kept from being measured is no verdict.
      expect(measured.unmeasured.length, `not measured: ${measured.unmeasured.join(', ')}`).toBeLessThan(4)
      const expected = Object.fromEntries(Object.entries(row).filter(([id]) => !measured.skipped.includes(id) && !measured.unmeasured.includes(id)))
      expect(disagreements(expected, measured.row)).toEqual([])
      if (name !== 'none') expect(Object.values(measured.row).some((cell) => /^(partly )?fail/.test(cell)), 'is caught').toBe(true)
    })
  }
})

import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = globSync('{gateway,harness,scenarios,schemas,reports}/**/*.{ts,mjs}', { cwd: root })
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('shape', () => {
  test('no source file is over 300 lines without a reason in its first comment', () => {
    const long = sources.filter((path) => read(path).split('\n').length > 301 && !/^(\/\/|\/\*)[^]{0,400}\blines\b/.test(read(path)))
    expect(long).toEqual([])
  })

  test('a scenario is data: under 25 lines', () => {
    const scenarios = sources.filter((path) => /^scenarios\/\w+\//.test(path) && !/^scenarios\/(load|slo)\//.test(path) && !path.endsWith('.test.ts'))
    expect(scenarios.length).toBeGreaterThan(29)
    expect(scenarios.filter((path) => read(path).trimEnd().split('\n').length >= 25)).toEqual([])
  })

  test.each([
    ['scenarios', 'scenarios/index.ts', /^scenarios\/(?!load|slo)\w+\//],
    ['faults', 'harness/faults/index.ts', /^harness\/faults\/(?!fault\.ts|index\.ts)/],
    ['checks', 'harness/checks/index.ts', /^harness\/checks\/(?!check\.ts|index\.ts|testing\/)/],
    ['controls', 'harness/controls/index.ts', /^harness\/controls\/(?!index\.ts|serve\.ts|matrix\.ts)[^/]+$/],
  ])('every file of %s is imported by its index, once', (_, index, pattern) => {
    const text = read(index)
    const files = sources.filter((path) => pattern.test(path) && !path.endsWith('.test.ts'))
    expect(files.length).toBeGreaterThan(4)
    const from = files.map((path) => [path, text.split(`from './${path.slice(dirname(index).length + 1)}'`).length - 1] as const)
    expect(from.filter(([, count]) => count !== 1)).toEqual([])
  })
})

/** Lints one file as if it stood in the tree, with the project's own configuration. */
describe('import boundaries', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gauntlet-lint-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  for (const path of globSync('{gateway,harness,scenarios,schemas,reports}/.oxlintrc.json', { cwd: root })) cpSync(join(root, path), join(dir, path))
  cpSync(join(root, 'harness/config/oxlint.json'), join(dir, 'harness/config/oxlint.json'))

  const lint = (path: string, text: string): string => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
    try {
      execFileSync(join(root, 'node_modules/.bin/oxlint'), [path], { cwd: dir, encoding: 'utf8' })
      return 'clean'
    } catch (error) {
      return String(Reflect.get(Object(error), 'stdout'))
    } finally {
      rmSync(join(dir, path))
    }
  }
  const file = (imports: string): string => `import { x } from '${imports}'\n\nexport const y = [x]\n`

  test.each([
    ['gateway from harness', 'gateway/a.ts', '../harness/errors.ts'],
    ['gateway from scenarios', 'gateway/a.ts', '../scenarios/index.ts'],
    ['harness from gateway', 'harness/engine/a.ts', '../../gateway/config.ts'],
    ['node from scenarios', 'scenarios/wire/a.ts', 'node:fs'],
    ['the inside of the harness from scenarios', 'scenarios/wire/a.ts', '../../harness/engine/run.ts'],
    ['schemas from harness', 'schemas/a.ts', '../harness/errors.ts'],
    ['reports from harness', 'reports/a.ts', '../harness/errors.ts'],
  ])('%s is an error', (_, path, imports) => {
    expect(lint(path, file(imports))).toContain('no-restricted-imports')
  })

  test.each([
    ['scenarios/wire/a.ts', '../../harness/index.ts'],
    ['gateway/a.ts', '../schemas/sse.ts'],
    ['harness/engine/a.ts', '../../schemas/sse.ts'],
  ])('%s may import %s', (path, imports) => {
    expect(lint(path, file(imports)), basename(path)).toBe('clean')
  })
})

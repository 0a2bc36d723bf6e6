import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Check } from './check.ts'
import { checks } from './index.ts'

const here = import.meta.dirname
const files = readdirSync(here).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !['check.ts', 'index.ts'].includes(file))

/** Every check that a file of this folder exports, with the name it is exported by. */
const exported = (
  await Promise.all(
    files.map(async (file) => {
      const module = (await import(`./${file}`)) as Record<string, unknown>
      return Object.entries(module).flatMap(([name, value]) => (typeof value === 'object' && value !== null && 'judge' in value ? [{ file, name, check: value as Check }] : []))
    }),
  )
).flat()

test('the folder and the index hold the same checks', () => {
  expect(exported.map(({ check }) => check.name).toSorted()).toEqual([...checks.keys()].toSorted())
  for (const { check } of exported) expect(checks.get(check.name)).toBe(check)
})

test('a file is named after its check, or holds several', () => {
  for (const file of files) {
    const own = exported.filter((e) => e.file === file)
    expect(own.length, file).toBeGreaterThan(0)
    if (own.length === 1) expect(`${own[0]?.check.name}.ts`).toBe(file)
  }
})

// `examples` itself fails without a passing, a failing and an empty evidence, so that the call is all there is to look for.
test.each(exported)('$name is put to its examples', ({ file, name }) => {
  const tests = readFileSync(join(here, file.replace(/\.ts$/, '.test.ts')), 'utf8')
  const neverFails = name === 'tookAtLeastCheck' // proves that a fault was met; its absence is nobody's failure
  expect(tests).toMatch(neverFails ? /verdict: 'pass'[\s\S]*verdict: 'unknown'/ : new RegExp(`^examples\\(${name}, \\{`, 'm'))
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { startFlags } from './runtime.ts'

/**
 * Thousands of objects that all survive a collection, made by one function: what makes V8 allocate the next ones among the old objects.
 * Prints how many megabytes of them went there by themselves.
 */
const program = `
import { getHeapSpaceStatistics } from 'node:v8'
const old = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space').space_used_size
function made(n) { const all = []; for (let i = 0; i < n; i++) all.push({ a: i, b: [i, i], c: { d: i } }); return all }
for (let round = 0; round < 60; round++) { globalThis.kept = made(5_000); gc({ type: 'minor' }) }
gc()
const before = old()
globalThis.kept = made(50_000)
console.log(((old() - before) / 1e6).toFixed(1))
`
const grown = (first: string): number => Number(execFileSync(process.execPath, ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', '--input-type=module', '-e', first + program], { cwd: import.meta.dirname, encoding: 'utf8' }))

test('what often survives is not allocated among the old objects at once', () => {
  expect(grown('')).toBeGreaterThan(1)
  expect(grown(tuned)).toBeLessThan(0.5)
})

/** Prints how many collections it takes to make so many lists of a megabyte after a lull, in which V8 has collected everything twice. */
const rush = (lists: number): string => `
import { PerformanceObserver } from 'node:perf_hooks'
gc()
gc()
let minor = 0
new PerformanceObserver((list) => list.getEntries().forEach(({ detail }) => (minor += detail.kind === 1 ? 1 : 0))).observe({ entryTypes: ['gc'] })
for (let n = 0; n < ${lists}; n++) {
  globalThis.made = Array.from({ length: 20_000 }, () => ({ n }))
  await new Promise(setImmediate)
}
await new Promise((done) => setTimeout(done, 10))
console.log(minor)
`
const tuned = 'import { tuneRuntime } from "./runtime.ts"; tuneRuntime();'
const collections = (lists: number, nodeFlags: readonly string[], first = ''): number => Number(execFileSync(process.execPath, ['--expose-gc', ...nodeFlags, '--input-type=module', '-e', first + rush(lists)], { cwd: import.meta.dirname, encoding: 'utf8' }))

test('the young heap has its size from the beginning, and after a lull', () => {
  expect(collections(50, [])).toBeGreaterThan(3)
  expect(collections(50, startFlags)).toBeLessThanOrEqual(1)
})

test('the young heap is collected when it is full, not before', () => {
  expect(collections(400, startFlags, tuned)).toBeLessThan(0.9 * collections(400, startFlags))
})

/** Whether V8 considers collecting when it has been quiet for 20 ms, in place of eight seconds. It says so only to who traces it. */
const isTidied = (nodeFlags: readonly string[]): boolean => {
  const traced = ['--expose-gc', '--trace-memory-reducer', '--gc-memory-reducer-start-delay-ms=20']
  const lull = 'globalThis.kept = Array.from({ length: 100_000 }, (_none, n) => ({ n })); gc(); await new Promise((done) => setTimeout(done, 500))'
  return execFileSync(process.execPath, [...traced, ...nodeFlags, '--input-type=module', '-e', lull], { encoding: 'utf8' }).includes('Memory reducer')
}

test('nothing is collected because it is quiet', () => {
  expect(isTidied([])).toBe(true)
  expect(isTidied(startFlags)).toBe(false)
})

test('the README says what the gateway is started with', () => {
  expect(readFileSync(new URL('README.md', import.meta.url), 'utf8')).toContain(`\`node ${startFlags.join(' ')}\``)
})

import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

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
  expect(grown('import { tuneRuntime } from "./runtime.ts"; tuneRuntime();')).toBeLessThan(0.5)
})

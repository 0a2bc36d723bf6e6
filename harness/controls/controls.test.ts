import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { answers } from './demos/answers.ts'
import { observe } from './demos/demo.ts'
import { errors, liars, rare } from './demos/errors.ts'
import { lifecycle } from './demos/lifecycle.ts'
import { limits } from './demos/limits.ts'
import { requests } from './demos/requests.ts'
import { retries } from './demos/retries.ts'
import { streams } from './demos/streams.ts'
import { controls } from './index.ts'

const demos = { ...answers, ...streams, ...requests, ...errors, ...retries, ...lifecycle, ...limits, ...liars, ...rare }
const names = controls.map(({ name }) => name)

test('the folder, the index and the demonstrations hold the same controls', () => {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts') && /^import .*\bdefineControl\b/m.test(readFileSync(join(import.meta.dirname, file), 'utf8')))
  expect(files.map((file) => file.slice(0, -3)).toSorted()).toEqual(names)
  expect(Object.keys(demos).toSorted()).toEqual(names)
})

test.concurrent.each(controls.map((control) => [control.name, control] as const))('%s shows its defect, and the honest proxy does not', async (name, control) => {
  const demo = demos[name]
  if (demo === undefined) throw new Error(`no demonstration of ${name}`)
  expect(await observe(demo)).toEqual(demo.honest)
  expect(await observe(demo, control.patch)).toEqual(demo.broken)
})

test('each control says what it does wrong and changes no more than it needs', () => {
  for (const { name, defect, breaks, patch } of controls) {
    expect(defect, name).toMatch(/^[A-Z].*\.$/)
    expect(breaks.length, name).toBeGreaterThan(0)
    expect(Object.keys(patch).length, name).toBeLessThanOrEqual(3)
  }
})

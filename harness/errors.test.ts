import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { HAR_ERRORS, HarnessError, isHarnessError } from './errors.ts'

test('every code is HAR_ERR_*, exits 2 to 5 and has a sentence to act on', () => {
  for (const [code, row] of Object.entries(HAR_ERRORS)) {
    expect(code).toMatch(/^HAR_ERR_[A-Z0-9_]+$/)
    expect(row.exit).toBeGreaterThanOrEqual(2)
    expect(row.exit).toBeLessThanOrEqual(5)
    expect(row.summary).toMatch(/^[a-z`].*[^.]$/)
    expect(row.hint).toMatch(/\.$/)
  }
})

test('an error carries its code, exit code, hint and cause', () => {
  const cause = new Error('EADDRINUSE')
  const error = new HarnessError('HAR_ERR_PORT_TAKEN', 'port 8474 is taken', { cause })
  expect(error).toMatchObject({ code: 'HAR_ERR_PORT_TAKEN', exitCode: 3, message: 'port 8474 is taken', cause })
  expect(error.hint).toBe(HAR_ERRORS.HAR_ERR_PORT_TAKEN.hint)
  expect(new HarnessError('HAR_ERR_K6').message).toBe(HAR_ERRORS.HAR_ERR_K6.summary)
  expect(isHarnessError(error)).toBe(true)
  expect(isHarnessError(error, 'HAR_ERR_K6')).toBe(false)
  expect(isHarnessError(cause)).toBe(false)
})

test('the README has every code with its exit code and hint, and no other', () => {
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
  const documented = [...readme.matchAll(/^\| `(HAR_ERR_\w+)` \| (\d) \| (.*?) \| (.*) \|$/gm)].map(([, code, exit, summary, hint]) => [code, { exit: Number(exit), summary, hint }])
  expect(documented).toEqual(Object.entries(HAR_ERRORS))
})

import { expect, test } from 'vitest'
import ctrf from './ctrf.ts'
import { sample } from './sample.ts'

interface Ctrf {
  reportFormat: string
  results: { summary: Record<string, number>; tests: Record<string, unknown>[]; environment: Record<string, unknown> }
}
const render = async (report = sample) => JSON.parse(await ctrf.render(report)) as Ctrf

test('counts every scenario once', async () => {
  const { reportFormat, results } = await render()
  expect(reportFormat).toBe('CTRF')
  expect(results.summary).toMatchObject({ tests: 12, passed: 6, failed: 3, skipped: 2, pending: 0, other: 1, start: 1767323045000, stop: 1767323083400 })
  expect(results.environment).toMatchObject({ appName: 'example gateway', healthy: false })
})

test('keeps the verdict beside the status', async () => {
  const { results } = await render()
  const status = Object.fromEntries(results.tests.map((t) => [t['name'], `${String(t['status'])} ${String(t['rawStatus'])}`]))
  expect(status).toMatchObject({
    'wire/oversize-413': 'passed warn', 'streaming/client-disconnect': 'failed fail', 'breaker/half-open-herd': 'other unknown',
    'breaker/shared-state': 'skipped skipped', 'embeddings/shape': 'skipped not_supported',
  })
})

test('a run that did not complete has a failed test', async () => {
  const passed = sample.scenarios.filter((s) => s.verdict === 'pass')
  const { results } = await render({ ...sample, scenarios: passed, run: { ...sample.run, complete: false, stopped: 'SIGINT' } })
  expect(results.summary['failed']).toBe(1)
  expect(results.tests.at(-1)).toMatchObject({ name: 'the run completed', status: 'failed', message: 'SIGINT; 10 of 12 scenarios ran' })
})

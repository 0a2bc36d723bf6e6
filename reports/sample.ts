import { Claims } from '../schemas/claims.ts'
import type { Report, ScenarioReport } from '../schemas/report.ts'
import { row } from './testing/timelines.ts'
import { scenarios } from './testing/scenarios.ts'

export { HOSTILE } from './testing/scenarios.ts'

const none = { pass: 0, warn: 0, fail: 0, unknown: 0, skipped: 0, not_supported: 0 }

/** A document with every outcome, long and hostile evidence. Tests only; every number in it is invented. */
export const sample: Report = {
  schemaVersion: 1,
  suite: { version: '0.1.0', catalogueHash: 'c0ffee' },
  run: {
    id: '2026-01-02T03-04-05-7', seed: 7, startedAt: '2026-01-02T03:04:05.000Z', durationMs: 38_400, complete: true,
    transcriptHash: 'deadbeef', selected: 12, executed: 10, exitCode: 1,
  },
  target: { name: 'example gateway', version: '1.0.0', topology: '2 replicas', claims: Claims.parse({}) },
  environment: {
    components: [
      { name: 'toxiproxy', provider: 'binary', version: '2.12.0', where: '/opt/cache/toxiproxy' },
      { name: 'k6', provider: 'container', version: '1.8.1', where: 'docker' },
      { name: 'model', provider: 'embedded', version: '0.1.0', where: 'in process', note: 'instead of ollama' },
    ],
    missing: [{ name: 'redis', reason: 'not on PATH, no Docker', install: 'gauntlet install redis' }],
    node: '24.21.0', os: 'linux x64', cores: 8,
  },
  summary: {
    verdict: 'not conformant',
    conformant: { passed: 4, total: 5 },
    resilient: { passed: 2, total: 5 },
    counts: { pass: 5, warn: 1, fail: 3, unknown: 1, skipped: 1, not_supported: 1 },
    byOrigin: {
      rfc: { ...none, pass: 2, warn: 1 },
      schema: { ...none, pass: 1, not_supported: 1 },
      'vendor-doc': { ...none, fail: 1 },
      'de-facto': { ...none, pass: 1, fail: 1 },
      house: { ...none, pass: 1, fail: 1, unknown: 1, skipped: 1 },
    },
  },
  observed: [
    { claim: 'breaker opens after', declared: '3 failures', observed: '4 (interval 3.98–4.02 s)', verdict: 'fail' },
    { claim: 'breaker cools for', declared: '1 s', observed: '1.02 s ± 0.05', verdict: 'pass' },
    { claim: 'half-open probes', declared: '1', observed: 'window not trusted: harness lag 81 ms', verdict: 'unknown' },
    { claim: 'embeddings', declared: 'not claimed', observed: '200 to one probe', verdict: 'warn' },
  ],
  scenarios,
}

/** A run in which every scenario passed: `size` scenarios over eight areas, each with a full time line. */
export const green = (size: number): Report => {
  const areas = ['wire', 'streaming', 'retries', 'breaker', 'fallback', 'timeouts', 'cancellation', 'health']
  const passed = sample.scenarios.filter((s) => s.verdict === 'pass')
  const all = Array.from({ length: size }, (_, i): ScenarioReport => {
    const base = passed[i % passed.length]
    if (base === undefined) throw new Error('the sample has no passed scenario')
    const timelines = Array.from({ length: 3 }, (__, n) => ({ nonce: `n-${String(i)}-${String(n)}`, label: `request ${String(n + 1)} of 20`, rows: fullTimeline }))
    return { ...base, id: `${areas[i % areas.length] ?? 'wire'}/case-${String(i)}`, timelines }
  })
  const half = Math.floor(size / 2)
  return {
    ...sample,
    run: { ...sample.run, selected: size, executed: size, exitCode: 0 },
    environment: { ...sample.environment, missing: [] },
    summary: {
      verdict: 'conformant', conformant: { passed: half, total: half }, resilient: { passed: size - half, total: size - half },
      counts: { ...none, pass: size }, byOrigin: { rfc: { ...none, pass: half }, house: { ...none, pass: size - half } },
    },
    observed: sample.observed.filter((o) => o.verdict === 'pass'),
    scenarios: all,
  }
}

const fullTimeline = Array.from({ length: 120 }, (_, i) => row(i * 3.3, i % 2 === 0 ? 'u>t' : 't>c', `chunk ${String(i)} “some words of an answer”`, i % 7 === 0 ? 'plain' : 'dim', 'primary'))

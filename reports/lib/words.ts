import type { ScenarioReport } from '../../schemas/report.ts'
import type { Outcome } from '../../schemas/verdict.ts'

/** One shape per outcome, so that nothing rests on colour alone. */
export const GLYPH: Record<Outcome, string> = { pass: '✓', warn: '!', fail: '✗', unknown: '?', skipped: '–', not_supported: '–' }

/** The word a reader sees for an outcome. */
export const WORD: Record<Outcome, string> = {
  pass: 'passed', warn: 'warning', fail: 'failed', unknown: 'unknown', skipped: 'skipped', not_supported: 'not claimed',
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${String(count)} ${count === 1 ? one : many}`

/** A duration as a person would say it: `80 ms`, `1.2 s`, `38 s`, `2 min 05 s`. */
export const duration = (ms: number): string => {
  if (ms < 999.5) return `${String(Math.round(ms))} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${String(seconds)} s`
  return `${String(Math.floor(seconds / 60))} min ${String(seconds % 60).padStart(2, '0')} s`
}

/** `streaming` of `streaming/upstream-reset`. */
export const areaOf = (id: string): string => id.split('/')[0] ?? id
/** `upstream-reset` of `streaming/upstream-reset`. */
export const shortId = (id: string): string => (id.includes('/') ? id.slice(id.indexOf('/') + 1) : id)

/** `5/5` of a repeated failure, `flaky 2/5` when it did not fail each time, nothing when it was not repeated. */
export const repeats = ({ flaky }: Pick<ScenarioReport, 'flaky'>): string => {
  if (flaky === null) return ''
  const share = `${String(flaky.failed)}/${String(flaky.of)}`
  return flaky.failed === flaky.of ? share : `flaky ${share}`
}

/** `version provider` of a component without an empty or repeated part. */
export const componentText = (c: { name: string; version: string; provider: string }): string =>
  [c.name, c.version, c.provider].filter((part) => part !== '').join(' ')

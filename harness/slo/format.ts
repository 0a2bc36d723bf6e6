import type { ObjectiveResult } from './report.ts'
import { isBursty } from './statistics.ts'

/** A share as per cent, with as many digits as tell it from its neighbours: 0.00288 is `0.29 %`, 0.5 is `50 %`. */
export function percent(value: number): string {
  const scaled = value * 100
  // 99.995 must not be printed as 100: the missing part is the whole story of an availability.
  const digits = scaled === 0 || scaled === 100 ? 0 : scaled > 99 || scaled < 1 ? 2 : 1
  const text = scaled.toFixed(digits)
  if (scaled < 100 && Number(text) === 100) return '> 99.99 %'
  if (scaled > 0 && Number(text) === 0) return '< 0.01 %'
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text} %`
}

/** Milliseconds for a reader: `840 ms`, `4 s`, and `never` for what no limit holds. */
export function duration(ms: number | null): string {
  if (ms === null) return 'never'
  if (ms >= 120_000) return `${trim(ms / 60_000)} min`
  if (ms >= 1000) return `${trim(ms / 1000)} s`
  return ms >= 10 ? `${Math.round(ms)} ms` : `${trim(ms)} ms`
}

/** The same for what was measured or not: a dash without data. */
export const measured = (ms: number | null): string => (ms === null ? '–' : duration(ms))

const trim = (value: number): string => String(Math.round(value * 100) / 100)

/** `1 failure`, `2 failures`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** Whether the numbers of a result speak of the target at all. Without data "0 failures" would read as praise. */
export const isMeasured = (result: ObjectiveResult): boolean => result.verdict !== 'NO_DATA' && result.verdict !== 'HARNESS_ERROR'

/** Point and proven bound in the words of the objective: an availability counts good requests, the others bad ones. */
export function pointAndBound(result: ObjectiveResult): { point: string; bound: string } {
  if (!isMeasured(result)) return { point: '–', bound: '–' }
  const good = result.sli === 'availability'
  const shown = (bad: number): string => `${percent(good ? 1 - bad : bad)}${result.sli === 'latency' ? ' slower' : ''}`
  const point = shown(result.point)
  if (isBursty(result.bad, result.dispersion) && result.verdict !== 'FAIL') return { point, bound: 'not claimed' }
  // What a failure has to prove is the opposite bound.
  const failing = result.verdict === 'FAIL' && result.lower > result.limit
  return { point, bound: `${good === failing ? '≤' : '≥'} ${shown(failing ? result.lower : result.upper)}` }
}

import { duration } from './format.ts'
import type { SloReport } from './report.ts'

const BOX = { width: 1000, height: 280, left: 62, right: 30, top: 22, bottom: 40 }
const DECADES = [1, 10, 100, 1000, 10_000, 100_000]

/** The distribution of answer times as an inline SVG, time on a logarithmic axis, with a line at the limit `slowMs`. */
export function renderEcdf(latency: SloReport['latency'], slowMs: number | null): string {
  const { width, height, left, right, top, bottom } = BOX
  const largest = Math.max((slowMs ?? 1000) * 1.6, latency.max ?? 0)
  const smallest = 10 ** Math.floor(Math.log10(Math.max(1, latency.ecdf[0]?.[0] ?? 1)))
  const x = (ms: number): number => left + ((width - left - right) * Math.log(Math.max(ms, smallest) / smallest)) / Math.log(largest / smallest)
  const y = (share: number): number => top + (height - top - bottom) * (1 - share)
  const at = (value: number): string => value.toFixed(1)

  const rows = [0, 0.25, 0.5, 0.75, 0.95, 1].map(
    (share) => `<line x1="${left}" x2="${width - right}" y1="${at(y(share))}" y2="${at(y(share))}" stroke="var(--line)"/><text x="${left - 8}" y="${at(y(share) + (share === 0.95 ? 8 : 4))}" text-anchor="end">${share * 100} %</text>`,
  )
  const columns = DECADES.filter((ms) => ms >= smallest && ms <= largest).map(
    (ms) => `<line x1="${at(x(ms))}" x2="${at(x(ms))}" y1="${top}" y2="${height - bottom}" stroke="var(--line)"/><text x="${at(x(ms))}" y="${height - bottom + 18}" text-anchor="middle">${duration(ms)}</text>`,
  )
  const limit = (ms: number): string =>
    `<line x1="${at(x(ms))}" x2="${at(x(ms))}" y1="${top}" y2="${height - bottom}" stroke="var(--fail)" stroke-width="1.5" stroke-dasharray="5 4"/><text x="${at(x(ms) - 6)}" y="${height - bottom - 8}" text-anchor="end" style="fill:var(--fail)">${duration(ms)}</text>`
  const label = latency.ecdf.length === 0 ? 'No request was answered' : `Distribution of answer times, slowest ${duration(latency.max)}`
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${rows.join('')}${columns.join('')}${curve(latency.ecdf, x, y)}${slowMs === null ? '' : limit(slowMs)}</svg>`
}

function curve(steps: [number, number][], x: (ms: number) => number, y: (share: number) => number): string {
  const [first] = steps
  const { width, height, left, right, top, bottom } = BOX
  if (first === undefined) return `<text x="${(left + width - right) / 2}" y="${(top + height - bottom) / 2}" text-anchor="middle">no request was answered</text>`
  const path = [`M${x(first[0]).toFixed(1)} ${y(0).toFixed(1)}`]
  for (const [ms, share] of steps) path.push(`H${x(ms).toFixed(1)}V${y(share).toFixed(1)}`)
  // What is never answered stays missing up to the right edge.
  path.push(`H${width - right}`)
  return `<path d="${path.join('')}" fill="none" stroke="var(--pass)" stroke-width="2" stroke-linejoin="round"/>`
}

/**
 * Percentile by linear interpolation between ranks, type 7, as k6 and numpy do. `values` in any order, `share` in [0, 1].
 * Infinity stands for a request that was never answered. Null without data.
 */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = Float64Array.from(values).sort()
  const rank = (sorted.length - 1) * share
  const below = sorted[Math.floor(rank)]
  const above = sorted[Math.ceil(rank)]
  if (below === undefined || above === undefined) return null
  // Infinity minus Infinity is NaN, and Infinity times zero as well.
  return below === above || rank === Math.floor(rank) ? below : below + (above - below) * (rank - Math.floor(rank))
}

/** Share of values at or below x, as at most `points` steps that end at the largest finite value. */
export function ecdf(values: readonly number[], points = 200): [ms: number, share: number][] {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b)
  const every = Math.max(1, Math.ceil(finite.length / points))
  return finite
    .map((value, i): [number, number] => [Math.round(value * 10) / 10, (i + 1) / values.length])
    .filter((_, i) => (i + 1) % every === 0 || i === 0 || i === finite.length - 1)
}

export interface Bursts {
  /** Variance over mean of the failures per slice of time: 1 when failures are independent. */
  dispersion: number
  episodes: number
  longestMs: number
  bursty: boolean
}

const DISPERSION_LIMIT = 1.5

/** Whether failures of this dispersion rule out a bound that assumes independent requests. One failure is no burst. */
export const isBursty = (failures: number, dispersion: number): boolean => failures >= 2 && dispersion > DISPERSION_LIMIT

const EPISODE_GAP_MS = 1000

/**
 * Whether failures come in bursts. A binomial bound assumes that requests fail independently; for failures that share a
 * cause the unit is the episode, and a run holds too few of those to prove anything. `failures` and `durationMs` in
 * milliseconds since the first arrival. Failures within one second of each other are one episode.
 */
export function bursts(failures: readonly number[], durationMs: number): Bursts {
  const times = [...failures].sort((a, b) => a - b)
  const slices = Math.min(120, Math.max(10, Math.floor(durationMs / 1000)))
  const counts = Array.from({ length: slices }, () => 0)
  for (const time of times) {
    const slice = Math.min(slices - 1, Math.max(0, Math.floor((time / durationMs) * slices)))
    counts[slice] = (counts[slice] ?? 0) + 1
  }
  const mean = times.length / slices
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (slices - 1)
  const dispersion = mean === 0 ? 0 : variance / mean

  let episodes = 0
  let longestMs = 0
  let start = 0
  let previous = Number.NEGATIVE_INFINITY
  for (const time of times) {
    if (time - previous > EPISODE_GAP_MS) {
      episodes += 1
      start = time
    }
    longestMs = Math.max(longestMs, time - start)
    previous = time
  }
  return { dispersion, episodes, longestMs, bursty: isBursty(times.length, dispersion) }
}

/** The value below which that share (0 to 1) of the sample lies; nearest rank. NaN for an empty sample. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/**
 * The middle of a few repeated measurements, which one disturbed round does not move. NaN stands for one that could not be made; when it stands for most of
 * them, the middle is not known either.
 */
export function median(sample: readonly number[]): number {
  const made = sample.filter((value) => !Number.isNaN(value))
  return 2 * made.length < sample.length ? Number.NaN : quantile(made, 0.5)
}

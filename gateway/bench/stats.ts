/** The value below which that share (0 to 1) of the sample lies; nearest rank. NaN for an empty sample. */
export function quantile(sample: readonly number[], share: number): number {
  const sorted = [...sample].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

/** The middle of a few repeated measurements, which one disturbed round does not move. */
export function median(sample: readonly number[]): number {
  return quantile(sample, 0.5)
}

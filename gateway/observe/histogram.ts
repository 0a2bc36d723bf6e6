import type { Histogram, Registry } from 'prom-client'

/** The observations of one set of labels. */
export class Series {
  readonly labels: Readonly<Record<string, string>>
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(bounds: readonly number[], labels: Readonly<Record<string, string>>) {
    this.labels = labels
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let bucket = 0
    while (value > (this.#bounds[bucket] ?? Infinity)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  /** As a scrape shows it: buckets that hold all that is not larger, then sum and count. */
  values(name: string): { metricName: string; labels: Record<string, string | number>; value: number }[] {
    let count = 0
    const buckets = this.#counts.map((own, bucket) => ({ metricName: `${name}_bucket`, labels: { ...this.labels, le: this.#bounds[bucket] ?? '+Inf' }, value: count += own }))
    return [...buckets, { metricName: `${name}_sum`, labels: { ...this.labels }, value: this.#sum }, { metricName: `${name}_count`, labels: { ...this.labels }, value: count }]
  }
}

/**
 * Shows a histogram in a registry of prom-client's and returns what makes its series. The library's own checks and hashes the labels at each
 * observation, of which a request makes half a dozen, and has no way to be handed many at once; it still writes what is shown.
 */
export function showHistogram(registry: Registry, name: string, help: string, bounds: readonly number[], labelNames: readonly string[]): (...values: readonly string[]) => Series {
  const all: Series[] = []
  const metric = { name, help, type: 'histogram', aggregator: 'sum', get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: all.flatMap((series) => series.values(name)) }) }
  registry.registerMetric(metric as unknown as Histogram)
  return (...values) => {
    const series = new Series(bounds, Object.fromEntries(labelNames.map((label, nth) => [label, values[nth] ?? ''])))
    all.push(series)
    return series
  }
}

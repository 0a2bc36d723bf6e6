/**
 * Short enough for every pull request, long enough to prove all default objectives with two stray failures: 1280
 * requests, and 1258 are needed for 99.5 %. Half of them are streams. The timeout is above the latency objective's 4 s,
 * and the whole stays under 30 s even against a target that never answers.
 */
export const smoke = {
  id: 'smoke',
  title: 'Steady smoke load',
  executor: 'constant-arrival-rate',
  rate: 64,
  durationMs: 20_000,
  timeoutMs: 6000,
  gracefulStopMs: 8000,
  streamShare: 0.5,
  maxTokens: 16,
  probeRate: 3,
  connections: 'per-request',
} as const

import type { SloEvidence } from './assemble.ts'
import type { LoadPoints, LoadRequest } from './points.ts'
import type { LoadProfile } from './profile.ts'

/** Literal runs for the tests: what k6 and the probe would have left behind. */

export const profile = {
  id: 'test',
  title: 'Test load',
  executor: 'constant-arrival-rate',
  rate: 60,
  durationMs: 20_000,
  timeoutMs: 6000,
  gracefulStopMs: 8000,
  streamShare: 0.5,
  maxTokens: 16,
  probeRate: 3,
  connections: 'per-request',
} as const satisfies LoadProfile

export const objectives = [
  { id: 'availability', title: 'Requests answered properly', sli: 'availability', atLeast: 0.995 },
  { id: 'latency', title: 'Answered within 4 s', sli: 'latency', share: 0.95, withinMs: 4000 },
  { id: 'errors', title: 'Errors outside policy', sli: 'errors', atMost: 0.02 },
] as const

type End = LoadRequest['end']
export const ok = (ms = 20): End => ({ outcome: 'ok', reason: 'ok', ms })
export const failed = (reason = 'http-502'): End => ({ outcome: 'error', reason, ms: 5 })
export const timeout: End = { outcome: 'timeout', reason: 'timeout', ms: 6000 }
export const refused: End = { outcome: 'policy', reason: 'http-429', ms: 1 }

/** `n` requests at the profile's even rate; `endOf` says how request i ended, null for one that was interrupted. */
export function load(n: number, endOf: (i: number) => End): LoadPoints {
  const requests = Array.from({ length: n }, (_, i) => ({ nonce: `n${i}`, kind: i % 2 === 0 ? 'json' : 'stream', startedAt: (i * 1000) / profile.rate, end: endOf(i) }))
  return { requests, droppedAt: [], defects: [] }
}

export function evidence(points: LoadPoints, changes: Partial<SloEvidence> = {}): SloEvidence {
  return {
    release: 'r1',
    startedAt: '2026-01-02T03:04:05.000Z',
    seed: 7,
    target: { name: 'fake', version: '1.0', baseURL: 'http://127.0.0.1:9/v1', model: 'm' },
    rig: { node: 'v24.0.0', os: 'Linux 6 x64', cores: 2, k6: '1.8.1' },
    profile,
    objectives,
    k6Exit: 0,
    stopped: null,
    points,
    streams: [],
    lagMs: 1,
    upstreamNonces: null,
    ...changes,
  }
}

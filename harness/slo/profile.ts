import { z } from 'zod'

const share = z.number().gt(0).lt(1)

/** What load is applied. Data, so that a report can name it and a reader can repeat it. */
export const LoadProfile = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    executor: z.literal('constant-arrival-rate').describe('open model: arrivals do not wait for answers'),
    rate: z.number().positive().max(500).describe('requests per second'),
    durationMs: z.number().int().min(1000).max(3_600_000),
    timeoutMs: z.number().int().positive().describe('of one request; a timeout is slower than every objective'),
    gracefulStopMs: z.number().int().positive().describe('how long k6 waits for the last answers'),
    streamShare: z.number().min(0).max(1).describe('of requests that ask for a stream'),
    maxTokens: z.number().int().positive(),
    probeRate: z.number().positive().max(5).describe('streams per second of the streaming probe'),
    connections: z.enum(['per-request', 'reuse']),
  })
  .refine((p) => p.timeoutMs < p.gracefulStopMs, {
    path: ['gracefulStopMs'],
    error: 'must be longer than timeoutMs: k6 does not record the requests it interrupts, so a hang would look like no load',
  })
export type LoadProfile = z.infer<typeof LoadProfile>

const common = { id: z.string(), title: z.string() }

/** A promise about the requests of one run, each tested as a share of bad requests. */
export const Objective = z.discriminatedUnion('sli', [
  z.strictObject({ ...common, sli: z.literal('availability'), atLeast: share.describe('share that is answered properly') }),
  z.strictObject({ ...common, sli: z.literal('latency'), share: share.describe('0.95 for P95'), withinMs: z.number().positive() }),
  z.strictObject({ ...common, sli: z.literal('errors'), atMost: share.describe('share that fails') }),
])
export type Objective = z.infer<typeof Objective>

/** The largest share of bad requests that keeps the objective. */
export function limitOf(objective: Objective): number {
  if (objective.sli === 'errors') return objective.atMost
  return round(1 - (objective.sli === 'availability' ? objective.atLeast : objective.share))
}

// 1 - 0.995 is 0.0050000000000000044; the sample-size table is exact, so the limit should be too.
const round = (value: number): number => Math.round(value * 1e12) / 1e12

/** Requests that the profile schedules. k6 may start one more. */
export const scheduledBy = (profile: Pick<LoadProfile, 'rate' | 'durationMs'>): number => Math.round((profile.rate * profile.durationMs) / 1000)

/** Virtual users that hold every request of a target that never answers, and a tenth more because timeouts fire late. */
export const virtualUsers = (profile: LoadProfile): number => Math.ceil((profile.rate * profile.timeoutMs * 1.1) / 1000) + 2

import { z } from 'zod'

const count = z.number().int().nonnegative()
const share = z.number().min(0).max(1)
const ms = z.number().nonnegative().nullable().describe('milliseconds; null is longer than any limit, or no data')

/** Worst first: a report takes the worst verdict of its objectives. */
export const SLO_VERDICTS = ['HARNESS_ERROR', 'FAIL', 'NO_DATA', 'INCONCLUSIVE', 'PASS'] as const
export const SloVerdict = z.enum(SLO_VERDICTS)
export type SloVerdict = z.infer<typeof SloVerdict>

export const ObjectiveResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  sli: z.enum(['availability', 'latency', 'errors']),
  target: z.string(),
  withinMs: z.number().nullable().describe('milliseconds; of a latency objective'),
  limit: share.describe('largest share of bad requests that keeps the objective'),
  n: count.describe('requests judged: scheduled without those refused by policy'),
  bad: count.describe('known to be bad'),
  unknown: count.describe('dropped or interrupted; bad in `upper`, good in `point` and `lower`'),
  minN: count.describe('fewest requests that could prove the objective with no failure'),
  point: share.describe('share of bad requests'),
  lower: share.describe('one-sided 95 % Clopper-Pearson bound of the share of bad requests'),
  upper: share.describe('one-sided 95 % Clopper-Pearson bound of the share of bad requests'),
  dispersion: z.number().nonnegative().describe('variance over mean of bad requests per slice of time'),
  episodes: count,
  longestEpisodeMs: z.number().nonnegative(),
  verdict: SloVerdict,
  why: z.string(),
})
export type ObjectiveResult = z.infer<typeof ObjectiveResult>

export const StreamSummary = z.strictObject({
  rate: z.number().describe('probe streams per second, beside the load'),
  n: count,
  complete: count,
  truncated: count.describe('ended without finish_reason and [DONE], or were cut'),
  failed: count.describe('never became a stream, or carried an error'),
  ttfbMs: z.strictObject({ p50: ms, p95: ms }).describe('request sent to response head'),
  ttftContentMs: z.strictObject({ p50: ms, p95: ms }).describe('request sent to first non-empty content'),
  chunkGapMs: z.strictObject({ p50: ms, p95: ms }).describe('between content chunks'),
  totalMs: z.strictObject({ p50: ms, p95: ms }),
  buffered: count.describe('complete streams of several chunks whose content came at once, in the last tenth of their time'),
  lagMs: z.number().nonnegative().describe("99th percentile of the harness's own event-loop delay meanwhile"),
})
export type StreamSummary = z.infer<typeof StreamSummary>

/** slo-report.json: one per release. */
export const SloReport = z.strictObject({
  schemaVersion: z.literal(1),
  release: z.string().nullable(),
  startedAt: z.iso.datetime(),
  seed: z.number().int(),
  target: z.strictObject({ name: z.string(), version: z.string(), baseURL: z.string(), model: z.string() }),
  rig: z.strictObject({ node: z.string(), os: z.string(), cores: count, k6: z.string() }),
  profile: z.strictObject({
    id: z.string(),
    title: z.string(),
    executor: z.string(),
    rate: z.number(),
    durationMs: count,
    timeoutMs: count,
    streamShare: share,
    scheduled: count,
  }),
  ledger: z.strictObject({
    scheduled: count,
    ok: count,
    policy: count,
    error: count,
    timeout: count,
    dropped: count,
    interrupted: count,
    closes: z.boolean(),
    k6Exit: z.number().int().nullable(),
  }),
  latenessP99Ms: z.number().nonnegative().describe('how late requests started against the schedule'),
  failures: z.array(z.strictObject({ reason: z.string(), n: count, nonces: z.array(z.string()).describe('the first few') })),
  upstream: z
    .strictObject({ arrivals: count, perRequest: z.number().nonnegative(), answeredWithoutArrival: count })
    .nullable()
    .describe("the load's requests in the upstream journal; null when there is none"),
  objectives: z.array(ObjectiveResult),
  budget: z
    .strictObject({ objective: z.string(), windowDays: z.number(), burn: z.number(), burnUpper: z.number() })
    .nullable()
    .describe('how many times faster than allowed a month like this run would use up its error budget'),
  latency: z.strictObject({
    n: count,
    unanswered: count.describe('errors and timeouts: slower than every limit'),
    p50: ms,
    p95: ms,
    p99: ms,
    max: ms.describe('of answered requests'),
    ecdf: z.array(z.tuple([z.number(), share])),
  }),
  streams: StreamSummary,
  verdict: SloVerdict,
  why: z.array(z.string()).describe('reasons that hold for the run as a whole'),
  notEstablished: z.array(z.string()).min(1).describe('what this run does not show'),
})
export type SloReport = z.infer<typeof SloReport>

/** The worst of some verdicts. No objectives, no proof. */
export const worstVerdict = (verdicts: readonly SloVerdict[]): SloVerdict => SLO_VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? 'NO_DATA'

const EXIT = { PASS: 0, FAIL: 1, INCONCLUSIVE: 4, NO_DATA: 4, HARNESS_ERROR: 3 } as const satisfies Record<SloVerdict, number>

/** What `gauntlet slo` exits with. */
export const sloExitCode = (report: Pick<SloReport, 'verdict'>): number => EXIT[report.verdict]

import { z } from 'zod'
import { Claims } from './claims.ts'
import { Outcome, Requirement, Verdict } from './verdict.ts'

/** Where an evidence value is not a string, its JSON text: a reader never has to guess. */
export const CheckResult = z.strictObject({
  name: z.string(),
  verdict: Verdict,
  expected: z.string(),
  actual: z.string(),
  nonces: z.array(z.string()).describe('requests that decided it, worst first'),
  reason: z.string().optional().describe('why unknown'),
})
export type CheckResult = z.infer<typeof CheckResult>

/** One line of the two-sided time line of one request. */
export const TimelineRow = z.strictObject({
  t: z.number().describe('milliseconds since the first row'),
  from: z.enum(['caller', 'target', 'upstream']),
  to: z.enum(['caller', 'target', 'upstream']).describe('the same as `from` for something that happened there'),
  lane: z.string().optional(),
  text: z.string(),
  tone: z.enum(['plain', 'fault', 'bad', 'dim']),
})
export type TimelineRow = z.infer<typeof TimelineRow>

export const ScenarioReport = z.strictObject({
  id: z.string().describe('path, `area/name`'),
  title: z.string(),
  requirement: Requirement,
  features: z.array(z.string()),
  verdict: Outcome,
  reason: z.string().optional().describe('why skipped, not supported or unknown'),
  flaky: z.strictObject({ failed: z.number().int(), of: z.number().int() }).nullable().describe('repeats of a failure; null when it was not repeated'),
  checks: z.array(CheckResult),
  timelines: z.array(z.strictObject({ nonce: z.string(), label: z.string(), rows: z.array(TimelineRow) })),
  durationMs: z.number(),
  evidence: z.string().nullable().describe('folder, relative to the run folder'),
  repro: z.string().describe('one command line'),
})
export type ScenarioReport = z.infer<typeof ScenarioReport>

const Tally = z.strictObject({ passed: z.number().int(), total: z.number().int() })
export const Counts = z.strictObject({
  pass: z.number().int(),
  warn: z.number().int(),
  fail: z.number().int(),
  unknown: z.number().int(),
  skipped: z.number().int(),
  not_supported: z.number().int(),
})
export type Counts = z.infer<typeof Counts>

/** RUN/report.json. A report whose `run.complete` is not true is never read as green. */
export const Report = z.strictObject({
  schemaVersion: z.literal(1),
  suite: z.strictObject({ version: z.string(), catalogueHash: z.string() }),
  run: z.strictObject({
    id: z.string(),
    seed: z.number().int(),
    startedAt: z.iso.datetime(),
    durationMs: z.number(),
    complete: z.boolean(),
    stopped: z.string().optional().describe('why it did not complete'),
    transcriptHash: z.string().describe('of everything the upstream saw and sent, times aside'),
    selected: z.number().int(),
    executed: z.number().int(),
    exitCode: z.number().int(),
  }),
  target: z.strictObject({ name: z.string(), version: z.string(), topology: z.string(), claims: Claims }),
  environment: z.strictObject({
    components: z.array(
      z.strictObject({ name: z.string(), provider: z.string(), version: z.string(), where: z.string(), note: z.string().optional() }),
    ),
    missing: z.array(z.strictObject({ name: z.string(), reason: z.string(), install: z.string() })),
    node: z.string(),
    os: z.string(),
    cores: z.number().int(),
  }),
  summary: z.strictObject({
    verdict: z.enum(['conformant', 'not conformant', 'not proved', 'incomplete']),
    conformant: Tally.describe('rfc, schema and vendor-doc requirements'),
    resilient: Tally.describe('de-facto and house requirements'),
    counts: Counts,
    byOrigin: z.record(z.string(), Counts),
  }),
  observed: z.array(z.strictObject({ claim: z.string(), declared: z.string(), observed: z.string(), verdict: Verdict })).describe('claimed against observed'),
  scenarios: z.array(ScenarioReport),
})
export type Report = z.infer<typeof Report>

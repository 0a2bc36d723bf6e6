import { join } from 'node:path'
import type { Report, ScenarioReport } from '../../schemas/report.ts'
import { readEvidence } from '../evidence/folder.ts'
import type { Evidence } from '../evidence/types.ts'
import { VERDICTS } from '../../schemas/verdict.ts'
import { judge } from './judge.ts'
import type { Judged } from './judge.ts'
import { observedClaims } from './observe.ts'
import type { RunDocument } from './run-document.ts'
import { exitCodeOf, summarise } from './tally.ts'
import { timelinesOf } from './timeline.ts'
import { transcriptHash, transcriptOf } from './transcript.ts'

type Entry = RunDocument['scenarios'][number]
interface Examined {
  report: ScenarioReport
  evidence?: Evidence
}

const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** The one line that runs this scenario again the same way. */
export const reproLine = (document: RunDocument, id: string): string => {
  const target = document.target.selector === '' ? '' : ` --target ${quote(document.target.selector)}`
  return `npx gauntlet run${target} --only ${quote(id)} --seed ${document.run.seed}${document.run.strict ? ' --strict' : ''}`
}

/** Judges all executions of one scenario from disk and joins them to one outcome. */
export const examineScenario = async (folder: string, document: RunDocument, entry: Entry): Promise<Examined> => {
  const { id, title, requirement, features } = entry.scenario
  const base = { id, title, requirement, features, repro: reproLine(document, id) }
  if (entry.executions.length === 0) {
    const verdict = entry.outcome === 'skipped' || entry.outcome === 'not_supported' ? entry.outcome : 'unknown'
    const reason = entry.reason ?? 'the run ended before it'
    return { report: { ...base, verdict, reason, flaky: null, checks: [], timelines: [], durationMs: 0, evidence: null } }
  }
  const judged: (Judged & { kind: string; folder: string; evidence: Evidence; durationMs: number })[] = []
  for (const execution of entry.executions) {
    const { evidence, durationMs } = await readEvidence(join(folder, execution.folder))
    judged.push({ ...judge(evidence, { strict: document.run.strict }), kind: execution.kind, folder: execution.folder, evidence, durationMs })
  }
  const tries = judged.filter((j) => j.kind !== 'repeat')
  const repeats = judged.filter((j) => j.kind === 'repeat')
  // The first try that is a verdict at all counts, later ones exist only where the one before was none; of the repeats the
  // worst counts, because a scenario that passes sometimes does not pass.
  const settled = tries.find((j) => j.verdict !== 'unknown') ?? tries.at(-1)
  const counted = [...(settled ? [settled] : []), ...repeats]
  const decisive = VERDICTS.map((verdict) => counted.find((j) => j.verdict === verdict)).find((j) => j !== undefined)
  const failed = decisive?.verdict === 'fail'
  if (!decisive) throw new TypeError(`${id} has executions and none of them is first.`)
  const flaky = failed && repeats.length > 0 ? { failed: judged.filter((j) => j.verdict === 'fail').length, of: repeats.length + 1 } : null
  // Worst first: what is shown of the wire must be what failed, not what was unknown beside it.
  const deciding = (['fail', 'unknown', 'warn'] as const).flatMap((verdict) => decisive.checks.filter((c) => c.verdict === verdict).flatMap((c) => c.nonces))
  return {
    evidence: decisive.evidence,
    report: {
      ...base, verdict: decisive.verdict, ...(decisive.reason === undefined ? {} : { reason: decisive.reason }), flaky, checks: decisive.checks,
      timelines: timelinesOf(decisive.evidence, deciding), durationMs: Math.round(judged.reduce((sum, j) => sum + j.durationMs, 0)), evidence: decisive.folder,
    },
  }
}

/** The report of a run folder, from its files alone: the same function serves `run`, `judge` and `report`. */
export const reportOf = async (folder: string, document: RunDocument): Promise<Report> => {
  const examined: Examined[] = []
  for (const entry of document.scenarios) examined.push(await examineScenario(folder, document, entry))
  const scenarios = examined.map((e) => e.report)
  const evidence = examined.flatMap((e) => e.evidence ?? [])
  const executed = scenarios.filter((s) => s.evidence !== null).length
  const { run, suite, environment } = document
  const summary = summarise(scenarios, run.complete)
  const { selector: _, ...target } = document.target
  return {
    schemaVersion: 1, suite,
    run: {
      id: run.id, seed: run.seed, startedAt: run.startedAt, durationMs: Math.round(run.durationMs), complete: run.complete, ...(run.stopped === undefined ? {} : { stopped: run.stopped }),
      transcriptHash: transcriptHash(evidence.map(transcriptOf)), selected: document.scenarios.length, executed, exitCode: exitCodeOf(summary, executed),
    },
    target, environment, summary, observed: [...observedClaims(evidence), ...document.unclaimed], scenarios,
  }
}

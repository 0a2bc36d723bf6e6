import { mkdir, readlink, rm, symlink } from 'node:fs/promises'
import { cpus, release, type as osType } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import type { LiveReporter } from '../../reports/reporter.ts'
import type { Target } from '../../schemas/config.ts'
import type { Report } from '../../schemas/report.ts'
import type { Environment } from '../components/index.ts'
import { HarnessError, isHarnessError } from '../errors.ts'
import { readEvidence, writeEvidence } from '../evidence/folder.ts'
import { isRelayed } from '../evidence/views.ts'
import { newSalt } from '../nonce.ts'
import type { Scenario, ScenarioDocument } from '../scenario.ts'
import { now } from '../timing.ts'
import { Cell } from './cell.ts'
import { execute } from './execute.ts'
import { gate } from './gate.ts'
import { judge } from '../verdict/judge.ts'
import { examineScenario, reportOf } from '../verdict/report.ts'
import { refuseLost } from './lost.ts'
import { saveRun } from '../verdict/run-document.ts'
import type { RunDocument } from '../verdict/run-document.ts'
import { caseSeed } from './seed.ts'
import { unclaimedButThere } from './unclaimed.ts'

export interface RunOptions {
  target: Target
  /** What `--target` was given as; empty for the default. */
  selector: string
  scenarios: Readonly<Record<string, Scenario>>
  suite: { version: string; catalogueHash: string }
  environment: Environment
  seed: number
  strict: boolean
  /** Executions of each scenario even when it passes. */
  repeat: number
  /** Executions that confirm a failure. */
  confirm: number
  cells: number
  /** Folder of this run; logs may lie in it already. */
  folder: string
  signal: AbortSignal
  live: LiveReporter
  ports?: { primary: number; secondary: number } | undefined
}

type Entry = RunDocument['scenarios'][number]
const MAX_AGAIN = 2

/** Runs scenarios against one target and returns the report, judged from the evidence on disk. Throws HarnessError only. */
export const run = async (options: RunOptions): Promise<Report> => {
  const started = now()
  const document = begin(options)
  await mkdir(options.folder, { recursive: true })
  await saveRun(options.folder, document)
  const pending = document.scenarios.filter((s) => s.outcome === 'pending')
  const total = pending.length
  options.live.onStart?.({ suite: options.suite.version, target: document.target.name, seed: options.seed, total })
  const state: State = { document, options, done: 0, total, saved: Promise.resolve(), probed: false }
  try {
    const together = pending.filter((e) => !e.scenario.exclusive)
    const alone = pending.filter((e) => e.scenario.exclusive)
    await inCells(Math.min(options.cells, Math.max(1, together.length)), state, together)
    if (alone.length > 0 && !options.signal.aborted) await inCells(1, state, alone)
    document.run.complete = !options.signal.aborted && document.scenarios.every((e) => e.outcome !== 'pending')
  } catch (error) {
    document.run.stopped = error instanceof Error ? error.message : String(error)
    throw error
  } finally {
    if (options.signal.aborted) document.run.stopped = String(options.signal.reason)
    document.run.durationMs = now() - started
    await saveRun(options.folder, document)
  }
  return reportOf(options.folder, document)
}

interface State {
  document: RunDocument
  options: RunOptions
  done: number
  total: number
  saved: Promise<void>
  probed: boolean
}

const begin = (options: RunOptions): RunDocument => {
  const { target, environment, seed, strict } = options
  const components: Report['environment']['components'] = environment.components.flatMap((c) => ('provider' in c ? [{ name: c.name, provider: c.name === 'docker' ? 'engine' : c.provider, version: c.version, where: c.where, ...(c.note === undefined ? {} : { note: c.note }) }] : []))
  const missing = environment.components.flatMap((c) => ('install' in c ? [{ name: c.name, reason: c.reason, install: c.install }] : []))
  if (!environment.ollama) components.push({ name: 'model', provider: 'embedded', version: options.suite.version, where: 'in this process' })
  return {
    schemaVersion: 1, suite: options.suite,
    run: { id: basename(options.folder), seed, startedAt: new Date().toISOString(), durationMs: 0, complete: false, strict },
    target: {
      name: target.name ?? (options.selector || 'target'), version: target.version ?? 'unknown', claims: target.claims, selector: options.selector,
      topology: target.launch ? `started by the harness, ${options.cells} cell(s)` : `running at ${target.baseURL ?? ''}`,
    },
    unclaimed: [],
    environment: { components, missing, node: process.version.slice(1), os: `${osType()} ${release()}`, cores: cpus().length },
    scenarios: Object.entries(options.scenarios).map(([id, scenario]): Entry => {
      const found = gate(scenario, target.claims, environment, target.launch !== undefined)
      const outcome = found.outcome === 'run' ? 'pending' : found.outcome
      return { scenario: { ...scenario, id, seed: caseSeed(seed, id, 0), salt: '' }, outcome, ...(found.outcome === 'run' ? {} : { reason: found.reason }), executions: [] }
    }),
  }
}

/** Works a queue off with some cells side by side. The first harness error stops all of them. */
const inCells = async (count: number, state: State, entries: Entry[]): Promise<void> => {
  if (entries.length === 0) return
  const queue = [...entries]
  const stop = new AbortController()
  const signal = AbortSignal.any([stop.signal, state.options.signal])
  const worker = async (index: number): Promise<void> => {
    try {
      const { target, environment, folder, ports } = state.options
      await using cell = await Cell.start({ index, target, environment, folder: join(folder, 'logs'), signal, ports })
      if (!state.probed) {
        state.probed = true
        state.document.unclaimed = await unclaimedButThere(cell)
      }
      for (let entry = queue.shift(); entry && !signal.aborted; entry = queue.shift()) await runScenario(state, entry, cell, signal)
    } catch (error) {
      stop.abort(error)
      throw error
    }
  }
  const results = await Promise.allSettled(Array.from({ length: count }, (_, i) => worker(i)))
  const failed = results.find((r) => r.status === 'rejected')
  if (failed && !state.options.signal.aborted) {
    throw isHarnessError(failed.reason) ? failed.reason : new HarnessError('HAR_ERR_ENGINE', `The engine failed: ${String(failed.reason)}`, { cause: failed.reason })
  }
}

/** Executes one scenario: again while it is unknown for a reason of ours, then as often as confirmation asks. */
const runScenario = async (state: State, entry: Entry, cell: Cell, signal: AbortSignal): Promise<void> => {
  const { options, document } = state
  options.live.onScenarioStart?.(entry.scenario.id)
  let execution = 0
  const once = async (kind: Entry['executions'][number]['kind'], repeat: number): Promise<{ fail: boolean; again: boolean }> => {
    const scenario: ScenarioDocument = { ...entry.scenario, seed: caseSeed(options.seed, entry.scenario.id, repeat), salt: newSalt() }
    const folder = join('scenarios', scenario.id, String(execution++))
    const started = now()
    const records = await execute(scenario, cell, signal).catch(async (error: unknown) => {
      await refuseLost(options.environment)
      throw error
    })
    if (signal.aborted) return { fail: false, again: false }
    await writeEvidence(join(options.folder, folder), { scenario, claims: options.target.claims, durationMs: now() - started }, records)
    const { evidence } = await readEvidence(join(options.folder, folder))
    const { verdict, again } = judge(evidence, { strict: options.strict })
    if (verdict !== 'pass') await refuseLost(options.environment)
    entry.executions.push({ kind, folder })
    const last = evidence.exchanges.findLast((x) => x.window === 'recovery' || x.window === 'baseline')
    // Restarted only after it was seen to fail: a crash that no scenario met must not be healed without a word.
    const sick = (last !== undefined && !isRelayed(last, evidence)) || (verdict !== 'pass' && !cell.running)
    // A target that does not come back by itself would make every later scenario unknown.
    if (sick && cell.health !== 'never' && options.target.launch && !signal.aborted) await cell.startTarget()
    return { fail: verdict === 'fail', again }
  }
  let result = await once('first', 0)
  for (let i = 1; i <= MAX_AGAIN && result.again && !signal.aborted; i++) result = await once('again', 0)
  const repeats = result.fail ? Math.max(options.confirm, options.repeat - 1) : options.repeat - 1
  for (let i = 1; i <= repeats && !signal.aborted; i++) await once('repeat', i)
  if (signal.aborted) return
  entry.outcome = 'run'
  state.done++
  // Cells end scenarios at the same time, and run.json has one writer.
  state.saved = state.saved.then(() => saveRun(options.folder, document))
  await state.saved
  const { report } = await examineScenario(options.folder, document, entry)
  options.live.onScenario?.(report, state.done, state.total)
}

/** Points a link beside the run folders at one of them. Throws HAR_ERR_DISK. */
export const pointLatest = async (folder: string, name = 'latest'): Promise<void> => {
  const link = join(dirname(dirname(folder)), name)
  const target = relative(dirname(link), folder)
  if ((await readlink(link).catch(() => '')) === target) return
  try {
    await rm(link, { force: true, recursive: true })
    await symlink(target, link, 'junction')
  } catch (cause) {
    throw new HarnessError('HAR_ERR_DISK', `${link} could not be pointed at the run.`, { cause })
  }
}

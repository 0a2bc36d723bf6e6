import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { HarnessError } from '../errors.ts'
import { now } from '../timing.ts'
import { assembleSloReport } from './assemble.ts'
import { plural } from './format.ts'
import { runLoad, type K6Runner } from './load.ts'
import { LoadProfile, Objective, scheduledBy } from './profile.ts'
import type { SloReport } from './report.ts'
import type { StreamRecord } from './stream-client.ts'
import { probeStreams } from './streams.ts'

export interface SloOptions {
  /** Up to and with /v1. */
  baseURL: string
  /** Sent with every request, authorization included. Handed to k6 by environment only, never written down. */
  headers: Record<string, string>
  model: string
  profile: z.input<typeof LoadProfile>
  objectives: readonly z.input<typeof Objective>[]
  k6: K6Runner
  /** What reached the upstream, read after the load. Times are not used. */
  upstreamLog?: () => { nonce: string; t: number }[]
  outDir: string
  seed: number
  signal: AbortSignal
  onProgress: (line: string) => void
  release?: string
  target?: { name: string; version: string }
}

/**
 * Applies a load profile through k6 with a streaming probe beside it, writes the evidence to `outDir`
 * (k6-points.json.gz, k6.log, streams.jsonl), judges it and writes slo-report.json. Always resolves with a report: a k6
 * that fails or is aborted gives HARNESS_ERROR. Throws HAR_ERR_CONFIG for a profile or objectives that cannot be judged.
 */
export async function runSlo(options: SloOptions): Promise<SloReport> {
  const { profile, objectives } = parse(options)
  const { seed, signal, onProgress } = options
  // k6 runs in this folder, so a relative path would mean another one there.
  const outDir = resolve(options.outDir)
  await mkdir(outDir, { recursive: true })
  const streamsFile = join(outDir, 'streams.jsonl')
  await rm(streamsFile, { force: true })
  const startedAt = new Date().toISOString()
  const run = randomBytes(3).toString('hex')
  const baseURL = options.baseURL.replace(/\/+$/, '')
  const streams: StreamRecord[] = []
  onProgress(`${profile.id}: ${plural(scheduledBy(profile), 'request')} at ${profile.rate} per second for ${profile.durationMs / 1000} s`)

  // A k6 that fails ends the probe too: alone it would go on for nothing.
  const loadEnd = new AbortController()
  const began = now()
  const ticker = setInterval(() => {
    const seconds = Math.min(Math.round((now() - began) / 1000), profile.durationMs / 1000)
    const broken = streams.filter((record) => record.outcome !== 'ok').length
    onProgress(`${profile.id}: ${seconds} of ${profile.durationMs / 1000} s · ${plural(streams.length, 'probe stream')}, ${broken} not complete`)
  }, 1000)
  const probing = probeStreams({
    url: `${baseURL}/chat/completions`,
    headers: options.headers,
    model: options.model,
    maxTokens: profile.maxTokens,
    timeoutMs: profile.timeoutMs,
    rate: profile.probeRate,
    durationMs: profile.durationMs,
    run,
    signal: AbortSignal.any([signal, loadEnd.signal]),
    onRecord: (record) => {
      streams.push(record)
      appendFileSync(streamsFile, `${JSON.stringify(record)}\n`)
    },
  })
  const load = await runLoad({ k6: options.k6, profile, baseURL, headers: options.headers, model: options.model, seed, run, outDir, signal })
  if (load.exitCode !== 0) loadEnd.abort()
  const lagMs = await probing
  clearInterval(ticker)

  const report = assembleSloReport({
    release: options.release ?? null,
    startedAt,
    seed,
    target: { name: options.target?.name ?? 'target', version: options.target?.version ?? '–', baseURL: withoutSecrets(baseURL), model: options.model },
    rig: { node: process.version, os: `${os.type()} ${os.release()} ${os.arch()}`, cores: os.availableParallelism(), k6: load.version },
    profile,
    objectives,
    k6Exit: load.exitCode,
    stopped: load.stopped,
    points: load.points,
    streams,
    lagMs,
    upstreamNonces: options.upstreamLog?.().map(({ nonce }) => nonce) ?? null,
  })
  await writeFile(join(outDir, 'slo-report.json'), `${JSON.stringify(report, null, 2)}\n`)
  return report
}

function parse(options: SloOptions): { profile: LoadProfile; objectives: Objective[] } {
  const profile = LoadProfile.safeParse(options.profile)
  if (!profile.success) throw new HarnessError('HAR_ERR_CONFIG', `The load profile is invalid:\n${z.prettifyError(profile.error)}`)
  const objectives = z.array(Objective).min(1).safeParse(options.objectives)
  if (!objectives.success) throw new HarnessError('HAR_ERR_CONFIG', `The objectives are invalid:\n${z.prettifyError(objectives.error)}`)
  const slow = objectives.data.find((objective) => objective.sli === 'latency' && objective.withinMs >= profile.data.timeoutMs)
  if (slow !== undefined) {
    throw new HarnessError('HAR_ERR_CONFIG', `Objective "${slow.id}" allows more time than the profile's timeoutMs of ${profile.data.timeoutMs}, so it could only be met or time out`)
  }
  return { profile: profile.data, objectives: objectives.data }
}

function withoutSecrets(url: string): string {
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  parsed.search = ''
  return parsed.href.replace(/\/$/, '')
}

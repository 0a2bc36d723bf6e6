import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readPoints, type LoadPoints } from './points.ts'
import { virtualUsers, type LoadProfile } from './profile.ts'

/**
 * Runs one k6. `env` is laid over the environment; output goes to `logFile`; an abort ends it. `mounts` are the folders
 * beside `cwd` that a k6 in a container has to see.
 */
export interface K6Runner {
  run(args: readonly string[], options: { env: Record<string, string>; cwd: string; mounts: readonly string[]; signal: AbortSignal; logFile: string }): Promise<{ exitCode: number; version: string }>
}

const SCRIPT = fileURLToPath(new URL('k6/chat.ts', import.meta.url))
/** Milliseconds that k6 may need beyond its schedule to start, to stop and to write its points. */
const K6_SLACK = 30_000

/** What one k6 run came to. */
export interface Load {
  /** Null when k6 did not come to an exit of its own. */
  exitCode: number | null
  version: string
  /** Why k6 was ended or could not run; null when it was neither. */
  stopped: string | null
  points: LoadPoints
}

export interface LoadOptions {
  k6: K6Runner
  profile: LoadProfile
  baseURL: string
  headers: Record<string, string>
  model: string
  seed: number
  /** Part of every nonce, so that two runs against one upstream stay apart. */
  run: string
  outDir: string
  signal: AbortSignal
}

/** Runs the k6 script and reads its points. Never rejects: what went wrong is in `stopped`, and the points so far count. */
export async function runLoad(options: LoadOptions): Promise<Load> {
  const { profile } = options
  const pointsFile = join(options.outDir, 'k6-points.json.gz')
  const logFile = join(options.outDir, 'k6.log')
  // The folder may be that of an earlier run, whose points must not answer for a k6 that wrote none.
  await rm(pointsFile, { force: true })
  await rm(logFile, { force: true })
  const deadline = AbortSignal.timeout(profile.durationMs + profile.gracefulStopMs + K6_SLACK)
  const args = ['run', '--quiet', '--no-color', '--no-thresholds', '--summary-mode', 'disabled', '--address', '127.0.0.1:0', '--system-tags', 'scenario', '--out', `json=${pointsFile}`, SCRIPT]
  const settings = {
    BASE_URL: options.baseURL,
    HEADERS: JSON.stringify(options.headers),
    MODEL: options.model,
    PROFILE: profile.id,
    RUN: options.run,
    SEED: String(options.seed),
    RATE: String(profile.rate),
    DURATION_MS: String(profile.durationMs),
    TIMEOUT_MS: String(profile.timeoutMs),
    GRACEFUL_STOP_MS: String(profile.gracefulStopMs),
    STREAM_SHARE: String(profile.streamShare),
    MAX_TOKENS: String(profile.maxTokens),
    VUS: String(virtualUsers(profile)),
    CONNECTIONS: profile.connections,
  }
  const env = {
    K6_NO_USAGE_REPORT: 'true',
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`GAUNTLET_SLO_${name}`, value])),
  }
  let exit: { exitCode: number; version: string } | undefined
  let failure: string | undefined
  try {
    const signal = AbortSignal.any([options.signal, deadline])
    exit = await options.k6.run(args, { env, cwd: options.outDir, mounts: [dirname(SCRIPT)], signal, logFile })
  } catch (error) {
    failure = `k6 did not run: ${error instanceof Error ? error.message : String(error)}`
  }
  const points = existsSync(pointsFile) ? await readPoints(pointsFile) : { requests: [], droppedAt: [], defects: [] }
  const stopped = options.signal.aborted ? 'the run was stopped before its end' : deadline.aborted ? 'k6 did not end in time and was stopped' : (failure ?? null)
  return { exitCode: exit?.exitCode ?? null, version: exit?.version ?? 'none', stopped, points }
}

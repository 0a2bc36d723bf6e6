import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '../components/fixture.ts'
import { until } from '../components/wait.ts'
import { Report } from '../../schemas/report.ts'

export const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}
export interface Running {
  child: ChildProcess
  /** What every process of this command has in its environment. */
  marker: string
  stdout: () => string
  stderr: () => string
  ended: Promise<Ended>
}
interface How {
  cwd?: string
  env?: Record<string, string | undefined>
  /** What runs the command; Node by default. */
  through?: string[]
}

let count = 0
const root = tempFolder('cli')

/** For tests: a new folder below one that is gone when the test process ends. */
export const newFolder = (name: string): string => {
  const folder = join(root, `${name}-${++count}`)
  mkdirSync(folder)
  return folder
}

/** Most of what a short command does is compiling, and a test starts it a hundred times. */
const compiled = newFolder('compiled')
const elsewhere = newFolder('cwd')

/** For tests: starts the command as a process of its own, marked so that whatever it leaves behind can be found. */
export const gauntletRunning = (args: readonly string[], how: How = {}): Running => {
  const marker = `gauntlet-test-${process.pid}-${++count}`
  const command = [...(how.through ?? []), process.execPath, MAIN, ...args]
  const child = spawn(command[0] ?? '', command.slice(1), { cwd: how.cwd ?? elsewhere, env: { ...process.env, NODE_COMPILE_CACHE: compiled, GAUNTLET_REQUIRE: '', ...how.env, GAUNTLET_TEST_MARKER: marker }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString()))
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { child, marker, stdout: () => stdout, stderr: () => stderr, ended }
}

/** For tests: runs the command to its end. */
export const gauntlet = async (args: readonly string[], how?: How): Promise<Ended> => await gauntletRunning(args, how).ended

/** For tests: processes that carry a marker, by id with their command lines. The watchdog's shell is one until it has seen the end. */
export const marked = (marker: string): Map<number, string> => {
  const found = new Map<number, string>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      if (readFileSync(`/proc/${name}/environ`, 'latin1').includes(`GAUNTLET_TEST_MARKER=${marker}\0`)) found.set(Number(name), readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' '))
    } catch {
      // It ended meanwhile.
    }
  }
  return found
}

/** For tests: true once no process carries the marker any more. */
export const allGone = (marker: string): Promise<boolean> => until(async () => marked(marker).size === 0, { timeoutMs: 5000 })

/** For tests: the report of a run folder, as its schema reads it. */
export const reportIn = (folder: string): Report => Report.parse(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')))

/** For tests: every file below a folder. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile())

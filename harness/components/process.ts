import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { HarnessError, type HarnessErrorCode } from '../errors.ts'
import { timing } from './timing.ts'
import { until, within } from './wait.ts'
import { killGroup, unwatchGroup, watchGroup } from './watchdog.ts'

export interface LaunchOptions {
  /** Shown in errors. */
  name: string
  command: string
  args?: readonly string[]
  /** Laid over this process's environment; undefined removes a variable. */
  env?: Readonly<Record<string, string | undefined>>
  cwd?: string
  /** Gets stdout and stderr, appended. Its folder is made. */
  logFile: string
  /** Polled until true; a throw means "not yet". Without it a command is ready once started, and may end at once. */
  ready?: () => Promise<boolean>
  timeoutMs?: number
  signal?: AbortSignal | undefined
  /** Code of the error when it does not start; HAR_ERR_COMPONENT_START unless given. */
  errorCode?: HarnessErrorCode
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Launched extends AsyncDisposable {
  pid: number
  exited: Promise<Exit>
  /** Signals the whole process group. False when nothing of it is left. */
  kill(signal: NodeJS.Signals): boolean
}

/**
 * Starts a foreground command in a process group of its own and waits until `ready` answers true. Disposing sends the
 * group SIGTERM, then SIGKILL after 3 s. Throws HAR_ERR_PORT_TAKEN when it ended because its port was taken,
 * `errorCode` when it cannot be started, ends early or is not ready in `timeoutMs`, HAR_ERR_DISK when the log cannot be
 * written, the signal's reason on abort. After a throw nothing of it runs.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { name, signal, timeoutMs = timing.start, errorCode = 'HAR_ERR_COMPONENT_START' } = options
  signal?.throwIfAborted()
  const started = await start(options, errorCode)
  const { ready: isReady } = options
  if (!isReady) return started
  try {
    let exit: Exit | undefined
    void started.exited.then((value) => (exit = value))
    const from = performance.now()
    const ready = await until(async () => exit !== undefined || (await isReady()), { timeoutMs, signal })
    // While our child is still dying of a taken port, the server that took it answers for it, in two runs side by side.
    if (ready) await within(Math.max(0, timing.settle - (performance.now() - from)), started.exited)
    if (exit) throw endedEarly(options, exit, errorCode)
    if (!ready) {
      throw new HarnessError(errorCode, `${name} was not ready after ${timeoutMs} ms.${lastLines(options.logFile)}`, { hint: `Read ${options.logFile}.` })
    }
    return started
  } catch (error) {
    await started[Symbol.asyncDispose]()
    throw error
  }
}

async function start(options: LaunchOptions, errorCode: HarnessErrorCode): Promise<Launched> {
  const { name, command, args = [], env, cwd, logFile } = options
  const log = openLog(logFile)
  const child = spawn(command, args, {
    cwd,
    env: env ? { ...process.env, ...env } : process.env,
    detached: process.platform !== 'win32',
    // The file itself, not a pipe through us: a pipe stalls the child while our event loop is blocked, and loses the
    // last words of a child that dies with us.
    stdio: ['ignore', log, log],
  })
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) {
        // What the leader left behind (a shell's child, a model runner) would keep ports and files.
        killGroup(child.pid, 'SIGKILL')
        unwatchGroup(child.pid)
      }
      resolve({ code, signal })
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => {
      reject(new HarnessError(errorCode, `${name} could not be started: ${command}: ${cause.message}`, { cause }))
    })
  }).finally(() => closeSync(log))
  const pid = child.pid
  if (pid === undefined) throw new HarnessError(errorCode, `${name} has no process id.`)
  watchGroup(pid)
  const kill = (signal: NodeJS.Signals) => child.exitCode === null && child.signalCode === null && killGroup(pid, signal)
  return {
    pid,
    exited,
    kill,
    async [Symbol.asyncDispose]() {
      if (kill('SIGTERM')) {
        // A stopped group (SIGSTOP is a fault we inject) would never see the SIGTERM.
        kill('SIGCONT')
        if ((await within(timing.stopGrace, exited)) === undefined) kill('SIGKILL')
      }
      await exited
    },
  }
}

function openLog(logFile: string): number {
  try {
    mkdirSync(dirname(logFile), { recursive: true })
    return openSync(logFile, 'a')
  } catch (cause) {
    throw new HarnessError('HAR_ERR_DISK', `The log file ${logFile} cannot be written: ${(cause as Error).message}`, { cause })
  }
}

function endedEarly({ name, logFile }: LaunchOptions, { code, signal }: Exit, errorCode: HarnessErrorCode): HarnessError {
  const tail = lastLines(logFile)
  // Node prints a stack and the error's fields after the line that says so.
  const taken = /address already in use|EADDRINUSE|could not bind/i.test(lastLines(logFile, 40))
  const how = code === null ? `by ${signal}` : `with code ${code}`
  return new HarnessError(taken ? 'HAR_ERR_PORT_TAKEN' : errorCode, `${name} ended ${how} before it was ready.${tail}`, { hint: `Read ${logFile}.` })
}

function lastLines(logFile: string, count = 5): string {
  try {
    const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count)
    return lines.join('') === '' ? '' : `\n  ${lines.join('\n  ')}`
  } catch {
    return ''
  }
}

import { fork, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ticksPerSecond = 100

/** For what stands around the measured program: a young heap that no turn fills, so that no pause of theirs is taken for one of the target's. */
export const rigFlags = ['--min-semi-space-size=256', '--max-semi-space-size=256'] as const

/** One process of the benchmark, pinned to one core where the machine has `taskset` and more than one. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly port: number

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.port = port
  }

  /** Starts a program of this folder with flags for Node, and waits for its port; throws when it ends before that. */
  static async start(program: string, args: readonly string[], core?: number, flags: readonly string[] = []): Promise<Child> {
    const child = fork(fileURLToPath(new URL(program, import.meta.url)), [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--expose-gc', ...flags] })
    pin(child.pid, core)
    return new Child(child, (await told<{ port: number }>(child)).port)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What the process answers, asked for by name; throws what it could not. */
  async ask<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const answer = told<{ value: T } | { error: string }>(this.#process)
    this.#process.send([name, ...args])
    const said = await answer
    if ('error' in said) throw new Error(said.error)
    return said.value
  }

  /** CPU time used so far, in seconds. */
  get cpuSeconds(): number {
    const fields = statOf(this.#process.pid)
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  /** Resident memory in bytes. */
  get rss(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(procFile(this.#process.pid, 'status'))?.[1] ?? Number.NaN) * 1024
  }

  /** The cores that the process may run on, as Linux lists them: `0`, `0-1`. */
  get cores(): string {
    return coresOf(this.#process.pid)
  }

  get sockets(): number {
    return readdirSync(`/proc/${this.#process.pid}/fd`).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await ended(this.#process, 'SIGKILL')
  }
}

/** Ends a process and waits until it is gone; one that never ran or has ended is left alone. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function told<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('A process of the benchmark ended before it answered.'))
    child.once('exit', gone)
    child.once('message', (answer) => {
      child.off('exit', gone)
      resolve(answer as T)
    })
  })
}

/** Pins a process to a core, so that the measured program has one to itself; does nothing where that cannot be done. What it did is to be seen in {@link Child.cores}. */
export function pin(pid: number | undefined, core: number | undefined): void {
  if (pid === undefined || core === undefined) return
  spawnSync('taskset', ['-a', '-cp', String(core), String(pid)], { stdio: 'ignore' })
}

/** What /proc says of a process, from its state (field 3) on; nothing when it is gone. */
export function statOf(pid: number | undefined): string[] {
  return procFile(pid, 'stat').replace(/^.*\) /, '').split(' ')
}

/** The cores that a process may run on, as Linux lists them: `0`, `0-1`; empty when it is gone. */
export function coresOf(pid: number | undefined): string {
  return /Cpus_allowed_list:\s+(\S+)/.exec(procFile(pid, 'status'))?.[1] ?? ''
}

/** A file of /proc; empty when the process is gone, which it may be at any moment. */
function procFile(pid: number | undefined, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

import { fork, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
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
    const { port } = await ask<{ port: number }>(child, undefined)
    return new Child(child, port)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async ask<T>(message: string | readonly unknown[]): Promise<T> {
    return ask<T>(this.#process, message)
  }

  /** CPU time used so far, in seconds. */
  get cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  /** Resident memory in bytes. */
  get rss(): number {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#process.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  }

  /** The cores that the process may run on, as Linux lists them: `0`, `0-1`. */
  get cores(): string {
    return /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync(`/proc/${this.#process.pid}/status`, 'utf8'))?.[1] ?? ''
  }

  get sockets(): number {
    return readdirSync(`/proc/${this.#process.pid}/fd`).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await gone
  }
}

async function ask<T>(child: ChildProcess, message: string | readonly unknown[] | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('A process of the benchmark ended before it answered.'))
    child.once('exit', ended)
    child.once('message', (answer) => {
      child.off('exit', ended)
      resolve(answer as T)
    })
    if (message !== undefined) child.send(message as string)
  })
}

/** Pins a process to a core, so that the measured program has one to itself; does nothing where that cannot be done. What it did is to be seen in {@link Child.cores}. */
export function pin(pid: number | undefined, core: number | undefined): void {
  if (pid === undefined || core === undefined) return
  spawnSync('taskset', ['-a', '-cp', String(core), String(pid)], { stdio: 'ignore' })
}

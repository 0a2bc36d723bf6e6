import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('main.ts', import.meta.url))

interface How {
  /** Shifts the process' clock. */
  readonly clockMs?: number
  readonly env?: Readonly<Record<string, string>>
  /** Options for Node itself. */
  readonly node?: readonly string[]
}

/** A gateway as a process of its own; a config that is a text is written as it is. `listening` is read from the log, so that needs its level `info`. */
export async function launchGateway(config: unknown, { clockMs = 0, env = {}, node = [] }: How = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'))
  const file = join(folder, 'config.json')
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
  const clock = clockMs === 0 ? [] : ['--import', `data:text/javascript,const now = Date.now; Date.now = () => now() + ${clockMs}`]
  const child = spawn(process.execPath, [...clock, ...node, main, '--config', file], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const guard = killWithTests(child)
  const lines: string[] = []
  const listening = Promise.withResolvers<string>()
  // Whoever waits for a gateway that ended should not wait for ever; the others have not asked.
  listening.promise.catch(() => {})
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    const url = /listening at (http:\/\/[\d.:]+)/.exec(line)?.[1]
    if (url !== undefined) listening.resolve(url)
  })
  // Not `exit`, which may come before the last lines.
  const exit = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  void exit.then(([code, signal]) => listening.reject(new Error(`the gateway ended before it listened: ${code ?? signal}`)))
  return { child, lines, listening: listening.promise, exit, stderr: text(child.stderr), async [Symbol.asyncDispose]() {
    child.kill('SIGKILL')
    await exit
    guard[Symbol.dispose]()
    await rm(folder, { recursive: true })
  } }
}

/** Has a process killed when the tests end without having done so: a test that ran out of time never cleans up, and Vitest kills its worker without an exit event. */
export function killWithTests(child: ChildProcess): Disposable {
  // The end of a pipe is noticed all the same.
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
  return { [Symbol.dispose]: () => void guard.kill('SIGKILL') }
}

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { ended, statOf } from './child.ts'

/** Ends by itself when the process it was made for is no longer there. */
const loop = 'while kill -0 "$1" 2>/dev/null; do :; done'
/** SCHED_IDLE as /proc has it (field 41): runs when nothing else wants the core, and gives it up at once. */
const idlePolicy = '5'

/**
 * Keeps cores from sleeping until it is disposed of: what measures milliseconds does so on machines whose cores stay awake. A virtual machine's core
 * that sleeps between two chunks has to be given back by the host, in 0.05 to 20 ms, and that would be measured, not the gateway.
 * `isOn` says whether it came about; where there is no `chrt` or `taskset` it does not.
 */
export async function keepAwake(cores: readonly number[]): Promise<AsyncDisposable & { readonly isOn: boolean }> {
  const loops = cores.map((core) => spawn('chrt', ['--idle', '0', 'taskset', '-c', String(core), 'sh', '-c', loop, 'awake', String(process.pid)], { stdio: 'ignore' }).on('error', () => {}))
  const areIdle = await Promise.all(loops.map(isIdleLoop))
  return {
    isOn: loops.length > 0 && areIdle.every(Boolean),
    async [Symbol.asyncDispose]() {
      await Promise.all(loops.map((each) => ended(each, 'SIGKILL')))
    },
  }
}

/** Looked at, not believed. */
async function isIdleLoop(child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 100 && child.pid !== undefined && child.exitCode === null; tries++) {
    if (statOf(child.pid)[38] === idlePolicy) return true
    await sleep(10)
  }
  return false
}

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { coresOf, statOf } from './child.ts'

/** `kthreadd`, whose children the kernel's own threads are. */
const kthreadd = '2'

/**
 * Keeps those of the kernel's threads that may run anywhere off a core until it is disposed of or the process ends: one that looks through memory for two
 * to five milliseconds is not preempted meanwhile, and whatever came for the measured program then would count as slow.
 * `isOff` says whether it came about; without root's rights it does not. A process killed by SIGKILL leaves them where they are.
 */
export function keepKernelThreadsOff(core: number): Disposable & { readonly isOff: boolean } {
  const all = `0-${cpus().length - 1}`
  const others = cpus().map((_cpu, n) => n).filter((n) => n !== core).join(',')
  const moved = kernelThreads().filter((pid) => coresOf(pid) === all && move(pid, others))
  const restore = (): void => {
    for (const pid of moved) move(pid, all)
  }
  // A signal alone would end the process without `exit`. The status is what a shell makes of it.
  const leave = (_signal: NodeJS.Signals, number: number): never => process.exit(128 + number)
  process.once('exit', restore).once('SIGINT', leave).once('SIGTERM', leave)
  return {
    // Looked at, not counted: those that a killed run has left behind are off as well.
    isOff: kernelThreads().every((pid) => coresOf(pid) !== all),
    [Symbol.dispose]() {
      process.off('exit', restore).off('SIGINT', leave).off('SIGTERM', leave)
      restore()
    },
  }
}

function kernelThreads(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => statOf(pid)[1] === kthreadd)
}

/** Whether the thread is where it was sent: some are bound, and the kernel refuses. */
function move(pid: number, to: string): boolean {
  return spawnSync('taskset', ['-cp', to, String(pid)], { stdio: 'ignore' }).status === 0
}

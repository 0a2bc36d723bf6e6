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
  const movable = (): string[] => kernelThreads().filter((pid) => cores(pid) === all)
  const moved = movable().filter((pid) => move(pid, others))
  const restore = (): void => {
    for (const pid of moved.splice(0)) move(pid, all)
  }
  const leave = (): never => process.exit(130)
  process.once('exit', restore).once('SIGINT', leave).once('SIGTERM', leave)
  return {
    isOff: moved.length > 0,
    [Symbol.dispose]() {
      process.off('exit', restore).off('SIGINT', leave).off('SIGTERM', leave)
      restore()
    },
  }
}

function kernelThreads(): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && statOf(Number(name))[1] === kthreadd
    } catch {
      return false
    }
  })
}

function cores(pid: string): string | undefined {
  try {
    return coresOf(Number(pid))
  } catch {
    return undefined
  }
}

/** Whether the thread is where it was sent: some are bound, and the kernel refuses. */
function move(pid: string, to: string): boolean {
  return spawnSync('taskset', ['-cp', to, pid], { stdio: 'ignore' }).status === 0
}

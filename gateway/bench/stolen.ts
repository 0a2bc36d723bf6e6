import { readFileSync } from 'node:fs'

/** How much of its time a virtual machine was kept waiting by its host since this was made, in percent of the time of some cores, or of all; undefined where the kernel does not say. */
export function watchStolen(cores?: readonly number[]): () => number | undefined {
  const before = read(cores)
  return () => {
    const now = read(cores)
    if (before === undefined || now === undefined) return undefined
    return (100 * (now.stolen - before.stolen)) / Math.max(1, now.all - before.all)
  }
}

/** One chunk in a hundred may come late before p99 says so. A host that keeps the machine for half of that has half of the say. */
const mostStolenPercent = 0.5
const tries = 4

/**
 * Measures in a moment in which the host leaves the machine alone, by a watch such as {@link watchStolen}: what it disturbed says something of the host, so it
 * is told to `disturbed` and measured again, three times at most. Undefined when all of them were disturbed. What counts is what the host took, never what
 * came out.
 */
export async function undisturbed<T>(watch: () => () => number | undefined, measure: () => Promise<T>, disturbed: (measured: T, stolenPercent: number) => void): Promise<T | undefined> {
  for (let nth = 0; nth < tries; nth++) {
    const stolen = watch()
    const measured = await measure()
    const percent = stolen() ?? 0
    if (percent <= mostStolenPercent) return measured
    disturbed(measured, percent)
  }
  return undefined
}

interface Ticks {
  readonly stolen: number
  readonly all: number
}

/** Ticks of cores, from the lines of /proc/stat: `cpu` or `cpu0`, user nice system idle iowait irq softirq steal. */
function read(cores?: readonly number[]): Ticks | undefined {
  try {
    const lines = readFileSync('/proc/stat', 'utf8').split('\n').map((line) => line.split(/\s+/))
    const asked = cores === undefined ? ['cpu'] : cores.map((core) => `cpu${core}`)
    const ticks = lines.filter(([name]) => asked.includes(name ?? '')).map((line) => line.slice(1, 9).map(Number))
    if (ticks.length < asked.length || ticks.some(({ length }) => length < 8)) return undefined
    return { stolen: sum(ticks.map((each) => each[7] ?? 0)), all: sum(ticks.flat()) }
  } catch {
    return undefined
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, n) => all + n, 0)
}

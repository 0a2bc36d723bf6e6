import { readFileSync } from 'node:fs'

/** How much of its time a virtual machine was kept waiting by its host since this was made, in percent of all cores' time; undefined where the kernel does not say. */
export function watchStolen(): () => number | undefined {
  const before = read()
  return () => {
    const now = read()
    if (before === undefined || now === undefined) return undefined
    return (100 * (now.stolen - before.stolen)) / Math.max(1, now.all - before.all)
  }
}

/** Ticks of all cores, from /proc/stat: user nice system idle iowait irq softirq steal. */
function read(): { readonly stolen: number; readonly all: number } | undefined {
  try {
    const ticks = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/).slice(1, 9).map(Number) ?? []
    return ticks.length === 8 ? { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, n) => sum + n, 0) } : undefined
  } catch {
    return undefined
  }
}

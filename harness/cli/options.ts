import { InvalidArgumentError } from 'commander'
import { COMPONENT_NAMES } from '../components/index.ts'
import type { ComponentName } from '../components/index.ts'
import { HarnessError, isHarnessError } from '../errors.ts'

/** Reads a whole number of at least `least`. */
export const wholeNumber = (least: number) => (text: string): number => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`)
  return value
}

/** Collects comma-separated values of a flag that may be given more than once. */
export const list = (text: string, before: string[] = []): string[] => [...before, ...text.split(',').map((part) => part.trim()).filter((part) => part !== '')]

/** Component names from a flag, the config and GAUNTLET_REQUIRE. Throws HAR_ERR_USAGE for a name that is none. */
export const requiredComponents = (flag: readonly string[], config: readonly ComponentName[]): ComponentName[] => {
  const names = [...flag, ...config, ...list(process.env['GAUNTLET_REQUIRE'] ?? '')]
  const isName = (name: string): name is ComponentName => COMPONENT_NAMES.some((known) => known === name)
  const wrong = names.find((name) => !isName(name))
  if (wrong !== undefined) throw new HarnessError('HAR_ERR_USAGE', `No component is called ${JSON.stringify(wrong)}.`, { hint: `There are: ${COMPONENT_NAMES.join(', ')}.` })
  return [...new Set(names.filter(isName))]
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs what can be interrupted and sets the exit code: what `work` resolves to, or 130 once it was interrupted. */
export const interruptibly = async (work: (signal: AbortSignal) => Promise<number>): Promise<void> => {
  using stop = interruptible()
  try {
    process.exitCode = await work(stop.signal)
  } catch (error) {
    // While components start, an interrupt ends the work with its own reason, which is no news.
    if (!stop.interrupted() || isHarnessError(error)) throw error
  } finally {
    if (stop.interrupted()) process.exitCode = 130
  }
}

/** Aborts on SIGINT, SIGTERM and SIGHUP; a second one ends the process at once. */
const interruptible = (): { signal: AbortSignal; interrupted: () => boolean } & Disposable => {
  const controller = new AbortController()
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(130)
    console.error(`\ngauntlet: ${name}: healing faults and stopping what was started …`)
    controller.abort(`interrupted by ${name}`)
  }
  for (const name of SIGNALS) process.on(name, stop)
  return {
    signal: controller.signal,
    interrupted: () => controller.signal.aborted,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) process.off(name, stop)
    },
  }
}

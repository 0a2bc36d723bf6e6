import { isHarnessError } from '../errors.ts'
import { pullImage, type Engine } from './docker-engine.ts'
import { candidates, missing, withNote } from './locate.ts'
import { resolveSettings } from './settings.ts'
import { timing } from './timing.ts'
import type { ComponentName, Found, Missing, StartOptions } from './types.ts'

/** How one component is brought up by each provider. A component that cannot be had in one way leaves that way out. */
export interface Starters<H> {
  url?: (found: Found) => Promise<H>
  container?: (found: Found, engine: Engine) => Promise<H>
  binary?: (found: Found) => Promise<H>
}

/**
 * Tries the ways to get a component in order until one starts. A way that fails is written into `note` of the one that
 * works, or into `reason` of the answer when none does. Throws the signal's reason on abort.
 */
export async function provide<H extends { found: Found }>(name: ComponentName, options: StartOptions, starters: Starters<H>): Promise<H | Missing> {
  const reasons: string[] = []
  const forced = resolveSettings(name, options.settings).forced === 'container'
  for await (const { found, engine, pull } of candidates(name, options.settings, reasons)) {
    try {
      if (engine && pull) await pullImage(engine, found.where, forced ? timing.pullForced : timing.pullUnasked, options.signal)
      const handle = await startOne(found, engine, starters)
      if (handle) return Object.assign(handle, { found: withNote(handle.found, reasons) })
    } catch (error) {
      options.signal?.throwIfAborted()
      if (!isHarnessError(error)) throw error
      reasons.push(error.message)
    }
  }
  return missing(name, reasons)
}

async function startOne<H>(found: Found, engine: Engine | undefined, starters: Starters<H>): Promise<H | undefined> {
  if (found.provider === 'container' && engine) return await starters.container?.(found, engine)
  if (found.provider === 'binary') return await starters.binary?.(found)
  return await starters.url?.(found)
}

import type { Control } from '../proxy/control.ts'
import type { Numbers } from '../proxy/config.ts'
import { Rig, type Script } from '../proxy/fixture.ts'

/** Shows one defect from outside: what is observed on the honest proxy, and what on the control. */
export interface Demo {
  scripts: Script | Record<string, Script>
  timing?: Partial<Numbers>
  /** A Redis that is not there, or one that takes connections and never answers. */
  redis?: 'absent' | 'silent'
  /** The proxy keeps answers. */
  cache?: true
  show(rig: Rig): Promise<unknown>
  honest: unknown
  broken: unknown
}

/** Observes a proxy, patched or not, as the demonstration says. */
export async function observe(demo: Demo, patch?: Control['patch']): Promise<unknown> {
  await using rig = await Rig.start(demo.scripts, { patch, ...(demo.timing === undefined ? {} : { timing: demo.timing }), ...(demo.redis === undefined ? {} : { redis: demo.redis }), cache: demo.cache === true })
  return await demo.show(rig)
}

import { locate } from './locate.ts'
import { COMPONENT_NAMES, type EnvironmentSettings, type Found, type Missing } from './types.ts'

export interface Examination {
  node: { version: string; path: string; platform: string; arch: string }
  components: Array<Found | Missing>
}

/** Looks for everything and starts nothing; what `gauntlet doctor` shows. Throws HAR_ERR_CONFIG for wrong settings. */
export async function examine(settings: EnvironmentSettings = {}): Promise<Examination> {
  const { version, execPath, platform, arch } = process
  return {
    node: { version: version.slice(1), path: execPath, platform, arch },
    components: await Promise.all(COMPONENT_NAMES.map(async (name) => await locate(name, settings[name]))),
  }
}

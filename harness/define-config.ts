import type { ConfigInput } from '../schemas/config.ts'

/** Types a `gauntlet.config.ts`. It is parsed when a command loads it, so that all mistakes are told at once with their paths. */
export const defineConfig = (config: ConfigInput): ConfigInput => config

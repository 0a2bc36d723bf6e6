import { join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { CATALOGUE } from './catalogue.ts'
import type { ComponentName } from './types.ts'

/** The folder that `gauntlet install` fills: GAUNTLET_CACHE, or the user's cache folder for `gauntlet`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return env['GAUNTLET_CACHE'] ? resolve(env['GAUNTLET_CACHE']) : envPaths('gauntlet', { suffix: '' }).cache
}

/** Where a component's program stands in the tool cache, whether it is there or not. */
export function cachedTool(name: ComponentName): string {
  const file = CATALOGUE[name].binaries[0] ?? name
  return join(cacheDir(), 'bin', process.platform === 'win32' ? `${file}.exe` : file)
}

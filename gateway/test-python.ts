import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'

/** The Python packages that tests use, each with its exact version. */
export const requirements = fileURLToPath(new URL('../.ci/requirements.txt', import.meta.url))
const cache = process.env['GAUNTLET_CACHE'] ? resolve(process.env['GAUNTLET_CACHE']) : envPaths('gauntlet', { suffix: '' }).cache
/** The virtual environment that `.ci/python.ts` makes. */
export const environment = join(cache, 'python')
/** A copy of the requirements, written when all of them are there: an installation that was stopped half way has none. */
export const installed = join(environment, 'requirements.txt')

/** An interpreter of somebody's own, who sees to its packages. */
export const ownPython = process.env['GAUNTLET_PYTHON'] || undefined
/** The interpreter to use: GAUNTLET_PYTHON, or the one of the virtual environment. */
export const python = ownPython ?? (process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python'))

/** Whether the virtual environment has the requirements as they are now. */
export function isInstalled(): boolean {
  return existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(requirements, 'utf8')
}

/** Why tests with Python are skipped, for their names; undefined when they are not. */
export const pythonMissing = ownPython !== undefined || isInstalled() ? undefined : 'skipped: no Python packages, get them with: node .ci/python.ts'

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { z } from 'zod'
import { Config } from '../../schemas/config.ts'
import { HarnessError } from '../errors.ts'

const NAMES = ['gauntlet.config.ts', 'gauntlet.config.mts', 'gauntlet.config.js', 'gauntlet.config.mjs', 'gauntlet.config.json']

/** The nearest config file, from a folder upwards. */
const find = (from: string): string | undefined => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = NAMES.map((name) => join(folder, name)).find((path) => existsSync(path))
    if (found !== undefined || folder === dirname(folder)) return found
  }
}

const read = async (path: string): Promise<unknown> => {
  if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'))
  const module: unknown = await import(pathToFileURL(path).href)
  return typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
}

/** Every issue on a line of its own, with its path. */
export const issueLines = (error: z.ZodError): string =>
  error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`).join('\n')

/** Loads and checks the config: the given file, else the nearest one, else all defaults. Throws HAR_ERR_CONFIG with all issues. */
export const loadConfig = async (given: string | undefined): Promise<{ config: Config; path: string | undefined }> => {
  if (given !== undefined && !existsSync(given)) throw new HarnessError('HAR_ERR_CONFIG', `The config file ${given} does not exist.`)
  const path = given === undefined ? find(process.cwd()) : resolve(given)
  if (path === undefined) return { config: Config.parse({}), path }
  let raw: unknown
  try {
    raw = await read(path)
  } catch (cause) {
    throw new HarnessError('HAR_ERR_CONFIG', `${path} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  const parsed = Config.safeParse(raw)
  if (!parsed.success) throw new HarnessError('HAR_ERR_CONFIG', `${path} is not valid:\n${issueLines(parsed.error)}`)
  return { config: parsed.data, path }
}

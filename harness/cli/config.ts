import { existsSync, readFileSync } from 'node:fs'
import { copyFile, readFile, rm } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
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

/** Whether Node takes a .ts or .js file in this folder for an ES module: the nearest package.json says so. */
const isModuleFolder = (from: string): boolean => {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest)) return /"type"\s*:\s*"module"/.test(readFileSync(manifest, 'utf8'))
    if (folder === dirname(folder)) return false
  }
}

/**
 * Imports a config as an ES module, also in a package of type commonjs, which is what `npm init` writes: there a copy that
 * says so by its ending stands beside it for the moment, so that its own imports still resolve.
 */
const importConfig = async (path: string): Promise<unknown> => {
  if (/\.m[tj]s$/.test(path) || isModuleFolder(dirname(path))) return import(pathToFileURL(path).href)
  const copy = join(dirname(path), `.${basename(path)}.${process.pid}.m${extname(path).slice(1)}`)
  await copyFile(path, copy)
  try {
    return await import(pathToFileURL(copy).href)
  } finally {
    await rm(copy, { force: true })
  }
}

const read = async (path: string): Promise<unknown> => {
  if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'))
  const module = await importConfig(path)
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

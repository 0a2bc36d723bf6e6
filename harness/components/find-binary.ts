import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { CATALOGUE } from './catalogue.ts'
import { goBuildInfo } from './go-build-info.ts'
import { timing } from './timing.ts'
import { cachedTool } from './tool-cache.ts'
import type { ComponentName } from './types.ts'

const run = promisify(execFile)

export interface BinaryFound {
  path: string
  version: string
}

/** The absolute path of `program` on PATH, or undefined. */
export function which(program: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', ''] : ['']
  return path
    .split(delimiter)
    .filter(Boolean)
    .flatMap((folder) => suffixes.map((suffix) => join(folder, program + suffix)))
    .find(isProgram)
}

/**
 * Looks for a component's program: the given path, the tool cache, PATH, Go's bin folder. A string answer says why
 * there is none, for example that the one found is too old.
 */
export async function findBinary(name: ComponentName, given?: string): Promise<BinaryFound | string> {
  const spec = CATALOGUE[name]
  if (given !== undefined) {
    const path = isProgram(given) ? given : which(given)
    return path ? { path, version: await binaryVersion(name, path) } : `${given} is not a program`
  }
  let reason = `no ${spec.binaries[0]} in the tool cache or on PATH`
  for (const path of await places(name)) {
    const version = await binaryVersion(name, path)
    if (spec.minimum === undefined || !olderThan(version, spec.minimum)) return { path, version }
    reason = `${path} is ${version}, older than ${spec.minimum}`
  }
  return reason
}

async function places(name: ComponentName): Promise<string[]> {
  const { binaries, go } = CATALOGUE[name]
  const found = [cachedTool(name), ...binaries.map((program) => which(program) ?? '')]
  if (go) {
    const folder = await goBin()
    found.push(...binaries.map((program) => join(folder, program)))
    // `go install …/cmd/server` names the program after its folder. Any program may be called `server`, so ask it.
    const builtAs = join(folder, go.package.split('/').at(-1) ?? '')
    if ((await goBuildInfo(builtAs))?.module === go.module) found.push(builtAs)
  }
  return [...new Set(found)].filter(isProgram)
}

/** What the program says, or for programs built with `go install`, which print "git" or 0.0.0, the module's version. */
export async function binaryVersion(name: ComponentName, path: string): Promise<string> {
  const { versionArgs, go } = CATALOGUE[name]
  const said = await run(path, versionArgs, { timeout: timing.versionAnswer }).then(
    ({ stdout, stderr }) => /\d+\.\d+\.\d+/.exec(stdout + stderr)?.[0],
    () => undefined,
  )
  if (said !== undefined && said !== '0.0.0') return said
  const built = go && (await goBuildInfo(path))?.version
  return built && /^\d/.test(built) ? built : 'unknown'
}

async function goBin(): Promise<string> {
  const fallback = process.env['GOBIN'] ?? join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin')
  const go = which('go')
  if (!go) return fallback
  const asked = await run(go, ['env', 'GOBIN', 'GOPATH'], { timeout: timing.versionAnswer }).catch(() => undefined)
  const [bin, path] = asked?.stdout.split(/\r?\n/) ?? []
  return bin || (path ? join(path, 'bin') : fallback)
}

/** True when dotted version `a` is below `b`; an unknown version is not. */
export function olderThan(a: string, b: string): boolean {
  if (!/^\d/.test(a)) return false
  return a.localeCompare(b, 'en', { numeric: true }) < 0
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { HarnessError } from '../errors.ts'
import { CATALOGUE, type GoTool } from './catalogue.ts'
import { binaryVersion, which } from './find-binary.ts'
import { installLine } from './install-line.ts'
import { timing } from './timing.ts'
import { cachedTool } from './tool-cache.ts'
import type { ComponentName, Found } from './types.ts'

const run = promisify(execFile)

export interface InstallOptions {
  onProgress?: (line: string) => void
  signal?: AbortSignal | undefined
}

/**
 * Fetches a component for good: k6, toxiproxy and ollama with `go install` into the tool cache (6 to 120 s); redis with
 * apt-get, as root on Debian and its relatives only. Throws HAR_ERR_INSTALL with the line to run by hand otherwise, the
 * signal's reason on abort.
 */
export async function installComponent(name: ComponentName, { onProgress = () => undefined, signal }: InstallOptions = {}): Promise<Found> {
  const { go } = CATALOGUE[name]
  if (go) return await goInstall(name, go, onProgress, signal)
  const isRoot = process.getuid?.() === 0
  const apt = which('apt-get')
  if (name !== 'redis' || !isRoot || !apt) {
    throw new HarnessError('HAR_ERR_INSTALL', `${name} comes from your system's package manager.`, { hint: installLine(name) })
  }
  onProgress(`redis: ${installLine('redis')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run(apt, ['update', '-qq'], { env, signal, timeout: timing.goInstall })
    await run(apt, ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], { env, signal, timeout: timing.goInstall })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new HarnessError('HAR_ERR_INSTALL', `apt-get could not install redis-server: ${lastLine(cause)}`, { cause, hint: installLine('redis') })
  }
  return await installed(name, which('redis-server') ?? 'redis-server')
}

async function goInstall(name: ComponentName, tool: GoTool, onProgress: (line: string) => void, signal?: AbortSignal): Promise<Found> {
  const go = which('go')
  if (!go) throw new HarnessError('HAR_ERR_INSTALL', `${name} is built with Go, and there is no go on PATH.`, { hint: installLine(name) })
  const target = cachedTool(name)
  const there = await installed(name, target)
  if (`v${there.version}` === tool.version) {
    onProgress(`${name}: ${there.version} is in the tool cache already`)
    return there
  }
  const started = Date.now()
  onProgress(`${name}: go install ${tool.package}@${tool.version}`)
  await mkdir(dirname(target), { recursive: true })
  // Built beside its place and renamed into it: two installs at once, or one that is stopped, never leave half a program.
  const folder = await mkdtemp(join(dirname(target), '.install-'))
  try {
    const env = { ...process.env, GOBIN: folder, GOOS: undefined, GOARCH: undefined }
    await run(go, ['install', `${tool.package}@${tool.version}`], { env, signal, timeout: timing.goInstall, maxBuffer: 1 << 26 })
    await rename(await builtFile(folder, tool), target)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new HarnessError('HAR_ERR_INSTALL', `go install ${tool.package}@${tool.version} failed: ${lastLine(cause)}`, { cause, hint: 'Run that line by hand to see all of it; Go 1.24 or later is needed, and a C compiler for ollama.' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  onProgress(`${name}: installed in ${Math.round((Date.now() - started) / 1000)} s to ${target}`)
  return await installed(name, target)
}

/** `go install` names a program after the last part of its package's path that is not a major version. */
async function builtFile(folder: string, tool: GoTool): Promise<string> {
  const name = tool.package.split('/').findLast((part) => !/^v\d+$/.test(part)) ?? ''
  const plain = join(folder, name)
  return await access(plain).then(
    () => plain,
    () => `${plain}.exe`,
  )
}

async function installed(name: ComponentName, path: string): Promise<Found> {
  return { name, provider: 'binary', version: await binaryVersion(name, path), where: path }
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string }
  return (stderr ?? message).trim().split('\n').at(-1) ?? ''
}

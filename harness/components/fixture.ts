import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEngine, imageIsHere } from './docker-engine.ts'
import { findBinary } from './find-binary.ts'
import { resolveSettings } from './settings.ts'
import type { ComponentName, ProviderKind } from './types.ts'

/** For tests: why a provider cannot be had without fetching anything, or undefined when it can. */
export async function whyNotHere(name: ComponentName, provider: ProviderKind): Promise<string | undefined> {
  if (provider === 'binary') {
    const found = await findBinary(name, resolveSettings(name).binary)
    return typeof found === 'string' ? found : undefined
  }
  const engine = await findEngine()
  if (!engine) return 'no Docker engine answers'
  const { image } = resolveSettings(name)
  if (image === undefined) return undefined
  return (await imageIsHere(engine, image)) ? undefined : `image ${image} is not on the engine`
}

/** For tests: ids of the containers that this process started and that are still there. */
export async function ownContainers(): Promise<string[]> {
  const engine = await findEngine()
  const all = (await engine?.container.dockerode.listContainers({ all: true, filters: { label: ['gauntlet.run'] } })) ?? []
  return all.filter(({ Labels }) => Labels['gauntlet.run']?.startsWith(`${process.pid}-`)).map(({ Id }) => Id)
}

/** For tests: true while a process runs, zombies excluded. Linux. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** For tests: a new folder that is gone when the test process ends. */
export function tempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gauntlet-${name}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

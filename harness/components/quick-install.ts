import { which } from './find-binary.ts'
import { installComponent } from './install.ts'
import { locate } from './locate.ts'
import { resolveSettings } from './settings.ts'
import { isMissing, type ComponentSettings } from './types.ts'

export interface QuickInstallOptions {
  settings?: ComponentSettings | undefined
  signal?: AbortSignal | undefined
  onProgress: (line: string) => void
}

/**
 * Fetches a missing Toxiproxy with Go, because most scenarios need it and it takes seconds; an engine that can pull its
 * image is seen by `locate` already. Does nothing with GAUNTLET_OFFLINE=1, without Go, or when another provider is forced.
 * A failure is a line of progress, not an error: the run goes on without.
 */
export async function quickInstallToxiproxy({ settings, signal, onProgress }: QuickInstallOptions): Promise<void> {
  const { forced, binary, disabled } = resolveSettings('toxiproxy', settings)
  const offline = process.env['GAUNTLET_OFFLINE'] === '1'
  if (offline || disabled || binary !== undefined || (forced ?? 'binary') !== 'binary' || !which('go')) return
  if (!isMissing(await locate('toxiproxy', settings))) return
  onProgress('toxiproxy not found: fetching it with Go into the tool cache, once (GAUNTLET_OFFLINE=1 prevents it)')
  try {
    await installComponent('toxiproxy', { signal })
  } catch (error) {
    signal?.throwIfAborted()
    onProgress((error as Error).message)
  }
}

import { CATALOGUE } from './catalogue.ts'
import { findEngine, imageIsHere, whyNotPullable, type Engine } from './docker-engine.ts'
import { findBinary } from './find-binary.ts'
import { installLine } from './install-line.ts'
import { resolveSettings } from './settings.ts'
import type { ComponentName, ComponentSettings, Found, Missing } from './types.ts'
import { urlVersion } from './url-version.ts'

/** One way to get a component that looks as if it would work, and what is needed to try it. */
export interface Candidate {
  found: Found
  engine?: Engine
  /** The image has to be fetched first. */
  pull?: boolean
}

/**
 * Looks for a component and starts nothing. The order is url, container, binary, except that what is here goes before
 * what must be fetched: an image nobody named and that is not on the engine comes after a binary. Throws HAR_ERR_CONFIG
 * for settings that make no sense, never for a component that is not there.
 */
export async function locate(name: ComponentName, settings?: ComponentSettings): Promise<Found | Missing> {
  const reasons: string[] = []
  for await (const { found } of candidates(name, settings, reasons)) return withNote(found, reasons)
  return missing(name, reasons)
}

/** Every way to get a component, best first. Pushes to `reasons` why a way was passed over. */
export async function* candidates(name: ComponentName, settings: ComponentSettings | undefined, reasons: string[]): AsyncGenerator<Candidate> {
  const resolved = resolveSettings(name, settings)
  const { forced, binary } = resolved
  if (resolved.disabled) {
    reasons.push('disabled in the settings')
  } else if (name === 'docker') {
    yield* dockerItself(reasons)
  } else {
    if (forced === 'embedded') reasons.push(`${name} has no embedded provider`)
    if ((forced ?? 'url') === 'url') yield* asUrl(name, resolved.url, forced, reasons)
    if (resolved.binaryFirst) yield* asBinary(name, binary, forced, reasons)
    const engine = (forced ?? 'container') === 'container' ? await findEngine() : undefined
    const here = engine !== undefined && resolved.image !== undefined && (await imageIsHere(engine, resolved.image))
    if (engine && (here || resolved.imageGiven)) yield* asContainer(name, resolved.image, engine, here, reasons)
    if (!resolved.binaryFirst) yield* asBinary(name, binary, forced, reasons)
    if (engine && !here && !resolved.imageGiven) yield* asContainer(name, resolved.image, engine, here, reasons)
    if (!engine && (forced ?? 'container') === 'container') reasons.push('no Docker engine answers')
  }
}

async function* asUrl(name: ComponentName, url: string | undefined, forced: string | undefined, reasons: string[]): AsyncGenerator<Candidate> {
  const version = url && (await urlVersion(name, url))
  if (url && version) yield { found: { name, provider: 'url', version, where: url } }
  else if (url) reasons.push(`nothing answers at ${url}`)
  else if (forced) reasons.push('no url given')
}

async function* asContainer(name: ComponentName, image: string | undefined, engine: Engine, here: boolean, reasons: string[]): AsyncGenerator<Candidate> {
  if (image === undefined) return
  const found: Found = { name, provider: 'container', version: /:([^/]+)$/.exec(image)?.[1] ?? 'latest', where: image }
  const why = here ? undefined : await whyNotPullable(engine, image)
  if (why === undefined) yield { found, engine, pull: !here }
  else reasons.push(`image ${image} is not here and cannot be pulled (${why})`)
}

async function* asBinary(name: ComponentName, given: string | undefined, forced: string | undefined, reasons: string[]): AsyncGenerator<Candidate> {
  if ((forced ?? 'binary') !== 'binary') return
  const binary = await findBinary(name, given)
  if (typeof binary === 'string') reasons.push(binary)
  else yield { found: { name, provider: 'binary', version: binary.version, where: binary.path } }
}

async function* dockerItself(reasons: string[]): AsyncGenerator<Candidate> {
  const engine = await findEngine()
  if (engine) {
    const { serverVersion, remoteSocketPath } = engine.info.containerRuntime
    const version = /^\d+(\.\d+)*/.exec(String(serverVersion))?.[0] ?? 'unknown'
    // "url": like every component that already runs.
    yield { found: { name: 'docker', provider: 'url', version, where: process.env['DOCKER_HOST'] ?? `unix://${remoteSocketPath}` }, engine }
  } else {
    reasons.push('no Docker engine answers')
  }
}

/** The reasons why earlier ways failed, kept on the one that worked. */
export function withNote(found: Found, reasons: readonly string[]): Found {
  return reasons.length === 0 ? found : { ...found, note: reasons.join('; ') }
}

export function missing(name: ComponentName, reasons: readonly string[]): Missing {
  return { name, reason: reasons.join('; ') || `${CATALOGUE[name].binaries[0]} not found`, install: installLine(name) }
}

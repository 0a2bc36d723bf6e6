import { HarnessError } from '../errors.ts'
import { CATALOGUE } from './catalogue.ts'
import { PROVIDER_KINDS, type ComponentName, type ComponentSettings, type ProviderKind } from './types.ts'

/** Settings of one component after configuration and environment are merged. */
export interface ResolvedSettings {
  url?: string | undefined
  image?: string | undefined
  binary?: string | undefined
  /** Set when exactly one provider is wanted: a failure there is final and a pull may take its time. */
  forced?: ProviderKind | undefined
  /** True when a binary was named and an image was not: then it goes before a container. */
  binaryFirst: boolean
  /** True when the image was named: then pulling it goes before a binary. */
  imageGiven: boolean
  disabled: boolean
}

/**
 * Lays GAUNTLET_<NAME>_URL, _IMAGE, _BINARY, _PROVIDER and GAUNTLET_PROVIDER over the configured settings; the
 * environment wins, as the layer nearer to the command line. A URL forces itself: someone who names a Redis does not
 * want another one. Throws HAR_ERR_CONFIG for an unknown provider.
 */
export function resolveSettings(name: ComponentName, settings: ComponentSettings = {}, env: NodeJS.ProcessEnv = process.env): ResolvedSettings {
  const spec = CATALOGUE[name]
  const variable = (suffix: string) => env[`GAUNTLET_${spec.env}_${suffix}`] || undefined
  // An empty text is as good as none; as an image it would make the engine redirect to nowhere.
  const url = variable('URL') ?? (settings.url || undefined)
  const imageGiven = variable('IMAGE') ?? (settings.image || undefined)
  const binary = variable('BINARY') ?? (settings.binary || undefined)
  const general = env['GAUNTLET_PROVIDER'] || undefined
  const provider = variable('PROVIDER') ?? settings.provider ?? general
  if (provider !== undefined && !PROVIDER_KINDS.includes(provider as ProviderKind)) {
    throw new HarnessError('HAR_ERR_CONFIG', `Unknown provider "${provider}" for ${name}.`, { hint: `Use one of ${PROVIDER_KINDS.join(', ')}.` })
  }
  return {
    url,
    image: imageGiven ?? spec.image,
    binary,
    forced: (provider as ProviderKind | undefined) ?? (url === undefined ? undefined : 'url'),
    binaryFirst: binary !== undefined && imageGiven === undefined,
    imageGiven: imageGiven !== undefined,
    disabled: settings.disabled ?? false,
  }
}

export const COMPONENT_NAMES = ['toxiproxy', 'redis', 'ollama', 'k6', 'docker'] as const
export type ComponentName = (typeof COMPONENT_NAMES)[number]

/** Where a component comes from. `url`: it already runs; `embedded`: an honest stand-in inside this process. */
export const PROVIDER_KINDS = ['url', 'container', 'binary', 'embedded'] as const
export type ProviderKind = (typeof PROVIDER_KINDS)[number]

/** A component that can be used. */
export interface Found {
  name: ComponentName
  provider: ProviderKind
  /** As the component itself says; the image's tag before a container was started; `unknown` when nobody says. */
  version: string
  /** Path, image or URL. */
  where: string
  /** Why this provider and not the one before it in the order, if something went wrong there. */
  note?: string
}

/** A component that cannot be used. */
export interface Missing {
  name: ComponentName
  reason: string
  /** The one line that gets it. */
  install: string
}

/** What the configuration may say about one component; each is overridable by GAUNTLET_<NAME>_<URL|IMAGE|BINARY|PROVIDER>. */
export interface ComponentSettings {
  url?: string | undefined
  image?: string | undefined
  binary?: string | undefined
  /** Use this provider or none. */
  provider?: ProviderKind | undefined
  disabled?: boolean | undefined
}

export type EnvironmentSettings = Partial<Record<ComponentName, ComponentSettings | undefined>>

/** What every start function takes. */
export interface StartOptions {
  settings?: ComponentSettings | undefined
  /** Gets `<name>.log` with the output of the process or container. */
  logDir: string
  signal?: AbortSignal | undefined
}

/** True for the answer of `locate` or a start function that means "not there". */
export function isMissing(answer: object): answer is Missing {
  return 'reason' in answer && 'install' in answer
}

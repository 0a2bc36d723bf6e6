import { HarnessError } from '../errors.ts'
import { describeFound } from './describe.ts'
import { k6Binary, type K6Handle } from './k6.ts'
import { locate } from './locate.ts'
import { startOllama, type OllamaHandle } from './ollama.ts'
import { quickInstallToxiproxy } from './quick-install.ts'
import { startRedis, type RedisHandle } from './redis.ts'
import { startToxiproxy, type ToxiproxyHandle } from './toxiproxy.ts'
import { COMPONENT_NAMES, isMissing, type ComponentName, type EnvironmentSettings, type Found, type Missing } from './types.ts'

/** What runs for one run of the harness. A component that is not there is undefined, and `components` says why. */
export interface Environment extends AsyncDisposable {
  components: Array<Found | Missing>
  toxiproxy?: ToxiproxyHandle
  redis?: RedisHandle
  ollama?: OllamaHandle
  k6?: K6Handle
}

export interface EnvironmentOptions {
  /** Missing ones end the run with HAR_ERR_COMPONENT_REQUIRED. */
  require?: readonly ComponentName[]
  /** Which to look for and start; all unless given. Required ones are always among them. */
  want?: readonly ComponentName[]
  logDir: string
  signal?: AbortSignal | undefined
  /** One line at a time, for a person. */
  onProgress?: (line: string) => void
}

/**
 * Starts every wanted component in parallel. Disposing stops them all. Throws HAR_ERR_COMPONENT_REQUIRED with the line
 * that gets the first required one that is missing, HAR_ERR_CONFIG for wrong settings, the signal's reason on abort;
 * after a throw nothing runs.
 */
export async function startEnvironment(settings: EnvironmentSettings, options: EnvironmentOptions): Promise<Environment> {
  const { require = [], logDir, signal, onProgress = () => undefined } = options
  const want = new Set([...(options.want ?? COMPONENT_NAMES), ...require])
  await using cleanUp = new AsyncDisposableStack()
  const environment: Environment = { components: [], [Symbol.asyncDispose]: async () => undefined }

  const start = async <H extends { found: Found } & Partial<AsyncDisposable>>(name: ComponentName, starter: () => Promise<H | Missing>): Promise<H | undefined> => {
    if (!want.has(name)) return undefined
    const handle = await starter()
    const component = isMissing(handle) ? handle : handle.found
    environment.components.push(component)
    onProgress(describeFound(component))
    if (isMissing(handle)) return undefined
    cleanUp.defer(async () => await handle[Symbol.asyncDispose]?.())
    return handle
  }
  const common = (name: ComponentName) => ({ settings: settings[name], logDir, signal })

  const started = await Promise.allSettled([
    start('toxiproxy', async () => {
      await quickInstallToxiproxy({ settings: settings.toxiproxy, signal, onProgress })
      return await startToxiproxy(common('toxiproxy'))
    }).then((handle) => handle && (environment.toxiproxy = handle)),
    start('redis', async () => await startRedis(common('redis'))).then((handle) => handle && (environment.redis = handle)),
    start('ollama', async () => await startOllama(common('ollama'))).then((handle) => handle && (environment.ollama = handle)),
    start('k6', async () => await k6Binary(common('k6'))).then((handle) => handle && (environment.k6 = handle)),
    start('docker', async () => {
      const docker = await locate('docker', settings.docker)
      return isMissing(docker) ? docker : { found: docker }
    }),
  ])
  // All have settled before the first error is thrown, so that a component that came up late is on the stack too.
  for (const result of started) if (result.status === 'rejected') throw result.reason
  signal?.throwIfAborted()
  environment.components.sort((a, b) => COMPONENT_NAMES.indexOf(a.name) - COMPONENT_NAMES.indexOf(b.name))
  refuseMissing(environment.components, require)

  const running = cleanUp.move()
  environment[Symbol.asyncDispose] = async () => await running.disposeAsync()
  return environment
}

function refuseMissing(components: readonly (Found | Missing)[], require: readonly ComponentName[]): void {
  const missing = components.filter(isMissing).filter(({ name }) => require.includes(name))
  if (missing.length === 0) return
  const reasons = missing.map(({ name, reason }) => `${name} is required and missing: ${reason}.`)
  throw new HarnessError('HAR_ERR_COMPONENT_REQUIRED', reasons.join('\n'), { hint: missing.map(({ install }) => install).join('\n') })
}

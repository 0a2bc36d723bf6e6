import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bigramModel } from '../model/modelfile.ts'
import { OllamaClient } from '../model/ollama-client.ts'
import { startContainer } from './container.ts'
import { withFreePort } from './port.ts'
import { launch } from './process.ts'
import { provide } from './provide.ts'
import { timing } from './timing.ts'
import type { Found, Missing, StartOptions } from './types.ts'
import { ollamaRoot, urlVersion } from './url-version.ts'
import { httpAnswers } from './wait.ts'

export interface OllamaHandle extends AsyncDisposable {
  found: Found
  /** Root of the server; the OpenAI API is at /v1 below it. */
  baseURL: string
  /** Name of the bigram model, created and loaded. */
  model: string
}

/** The model stays loaded: loading it again in the middle of a timed window would look like a slow upstream. */
const ENV = { OLLAMA_KEEP_ALIVE: '-1', OLLAMA_NUM_PARALLEL: '4', OLLAMA_NOHISTORY: '1' }

/**
 * Brings up an Ollama of our own, or attaches to the one at the given url, and creates the bigram model on it. On a given
 * Ollama the model stays (under 4 MB, its name holds its hash, so it is created once). Throws the signal's reason on abort.
 */
export async function startOllama(options: StartOptions): Promise<OllamaHandle | Missing> {
  const logFile = join(options.logDir, 'ollama.log')
  const { signal } = options
  return await provide<OllamaHandle>('ollama', options, {
    url: async (found) => await withModel(found, ollamaRoot(found.where), signal),

    container: async (found, engine) => {
      const container = await startContainer({
        engine,
        image: found.where,
        command: ['serve'],
        env: { ...ENV, OLLAMA_HOST: '0.0.0.0:11434' },
        ports: [11434],
        logFile,
        ready: async ({ host, port }) => await httpAnswers(`http://${host}:${port(11434)}/api/version`, signal),
        timeoutMs: timing.startOllama,
        signal,
      })
      const baseURL = `http://${container.host}:${container.port(11434)}`
      const version = await urlVersion('ollama', baseURL)
      return await withModel(version && version !== 'unknown' ? { ...found, version } : found, baseURL, signal, container)
    },

    binary: async (found) => {
      // Its keys and models; without this it would write into the user's ~/.ollama.
      const folder = await mkdtemp(join(tmpdir(), 'gauntlet-ollama-'))
      const cleanUp = async () => await rm(folder, { recursive: true, force: true })
      try {
        return await withFreePort(async (port) => {
          const baseURL = `http://127.0.0.1:${port}`
          const env = { ...ENV, HOME: folder, OLLAMA_MODELS: join(folder, 'models'), OLLAMA_HOST: `127.0.0.1:${port}` }
          const ready = async () => await httpAnswers(`${baseURL}/api/version`, signal)
          const child = await launch({ name: 'ollama', command: found.where, args: ['serve'], env, logFile, ready, timeoutMs: timing.startOllama, signal })
          return await withModel(found, baseURL, signal, {
            [Symbol.asyncDispose]: async () => {
              await child[Symbol.asyncDispose]()
              await cleanUp()
            },
          })
        })
      } catch (error) {
        await cleanUp()
        throw error
      }
    },
  })
}

async function withModel(found: Found, baseURL: string, signal?: AbortSignal, owned?: AsyncDisposable): Promise<OllamaHandle> {
  try {
    const client = new OllamaClient(baseURL, signal)
    const model = bigramModel()
    if (!(await client.has(model.name))) await client.create(model)
    await client.load(model.name)
    return { found, baseURL, model: model.name, [Symbol.asyncDispose]: async () => await owned?.[Symbol.asyncDispose]() }
  } catch (error) {
    await owned?.[Symbol.asyncDispose]()
    throw error
  }
}

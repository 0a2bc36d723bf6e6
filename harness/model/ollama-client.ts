import { HarnessError } from '../errors.ts'
import type { OllamaModel } from './modelfile.ts'

/** Loading the model for the first time also starts its runner. */
const TIMEOUT = 60_000

/** The few calls of Ollama's own API that set a model up. Each throws HAR_ERR_COMPONENT_START with what the server said. */
export class OllamaClient {
  readonly #root: string
  readonly #signal: AbortSignal | undefined

  constructor(root: string, signal?: AbortSignal) {
    this.#root = root
    this.#signal = signal
  }

  /** True when the server has a model of this name. */
  async has(name: string): Promise<boolean> {
    const response = await this.#send('POST', '/api/show', JSON.stringify({ model: name }), [404])
    return response.ok
  }

  /** Uploads the model's file and creates the model. Works alike for a process, a container and a remote server, as `ollama create` does not. */
  async create({ name, file, template, parameters }: OllamaModel): Promise<void> {
    await this.#send('POST', `/api/blobs/${file.digest}`, file.bytes)
    const response = await this.#send('POST', '/api/create', JSON.stringify({ model: name, files: { [file.name]: file.digest }, template, parameters, stream: false }))
    const { status } = (await response.json()) as { status?: string }
    if (status !== 'success') throw new HarnessError('HAR_ERR_COMPONENT_START', `Ollama did not create ${name}: ${status}.`)
  }

  /** Loads the model, so that the first real answer is as quick as the others. */
  async load(name: string): Promise<void> {
    await this.#send('POST', '/api/generate', JSON.stringify({ model: name, stream: false }))
  }

  async #send(method: string, path: string, body: string | Buffer<ArrayBuffer>, allowed: readonly number[] = []): Promise<Response> {
    const limit = AbortSignal.timeout(TIMEOUT)
    try {
      const response = await fetch(this.#root + path, { method, body, signal: this.#signal ? AbortSignal.any([this.#signal, limit]) : limit })
      if (response.ok || allowed.includes(response.status)) return response
      throw new Error(`${response.status} ${await response.text()}`)
    } catch (cause) {
      this.#signal?.throwIfAborted()
      throw new HarnessError('HAR_ERR_COMPONENT_START', `Ollama ${method} ${path}: ${(cause as Error).message}`, { cause })
    }
  }
}

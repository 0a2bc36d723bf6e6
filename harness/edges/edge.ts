import { Toxiproxy } from 'toxiproxy-node-client'
import type { Proxy } from 'toxiproxy-node-client'
import { HarnessError } from '../errors.ts'
import type { Toxic } from '../faults/fault.ts'

/** One TCP hop that faults can be put on: a Toxiproxy proxy, or nothing at all where there is no Toxiproxy. */
export interface Edge extends AsyncDisposable {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Adds toxics, in order; resolves to their undo, which resolves once Toxiproxy confirmed it. */
  inject(toxics: readonly Toxic[], down: boolean): Promise<() => Promise<void>>
}

/** The hop without a proxy: the address itself. Nothing can be injected on it. */
export const directEdge = (name: string, host: string, port: number): Edge => ({
  name, host, port,
  inject: () => Promise.reject(new HarnessError('HAR_ERR_COMPONENT_REQUIRED', `A fault on edge ${name} needs toxiproxy.`)),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

let serial = 0

/** Puts a proxy named after the cell and the edge in front of `to`. Throws HAR_ERR_COMPONENT_START when Toxiproxy refuses. */
export const toxicEdge = async (options: { apiUrl: string; host: string; name: string; to: { host: string; port: number }; port?: number | undefined }): Promise<Edge> => {
  const { apiUrl, host, name, to, port: wanted = 0 } = options
  const api = new Toxiproxy(apiUrl)
  let proxy: Proxy
  try {
    proxy = await api.createProxy({ name, listen: `${host}:${wanted}`, upstream: `${to.host}:${to.port}`, enabled: true })
  } catch (cause) {
    throw new HarnessError('HAR_ERR_COMPONENT_START', `Toxiproxy at ${apiUrl} did not take the edge ${name}${wanted === 0 ? '' : ` on port ${wanted}`}.`, { cause })
  }
  const port = Number(proxy.listen.slice(proxy.listen.lastIndexOf(':') + 1))
  return {
    name, host, port,
    inject: async (toxics, down) => {
      const undo: (() => Promise<unknown>)[] = []
      const heal = async (): Promise<void> => {
        const errors: unknown[] = []
        // One step that fails must not leave the others' faults on the edge.
        for (const step of undo.splice(0).toReversed()) await step().catch((error: unknown) => errors.push(error))
        if (errors.length > 0) throw errors[0]
      }
      try {
        for (const toxic of toxics) {
          const added = await proxy.addToxic({ name: `${toxic.type}-${++serial}`, type: toxic.type, stream: toxic.stream, toxicity: toxic.toxicity, attributes: toxic.attributes })
          undo.push(() => added.remove())
        }
        if (down) {
          await proxy.update({ enabled: false, listen: `${host}:${port}`, upstream: proxy.upstream })
          undo.push(() => proxy.update({ enabled: true, listen: `${host}:${port}`, upstream: proxy.upstream }))
        }
      } catch (error) {
        await heal().catch(() => undefined) // the first error says why
        throw error
      }
      return heal
    },
    [Symbol.asyncDispose]: async () => {
      await proxy.remove().catch(() => undefined) // gone with Toxiproxy itself
    },
  }
}

import type { FastifyInstance } from 'fastify'
import type { Auto } from './auto.ts'
import { modelNotFound } from './choose.ts'
import type { Registry } from './registry.ts'

/** `GET /v1/models` and `GET /v1/models/:id`: the configured names. Which upstream serves them is nobody's business. */
export function modelRoutes(app: FastifyInstance, registry: Registry, auto?: Auto): void {
  // The time of configuration, not of the request: `created` of one model must not change between two calls.
  const created = Math.floor(Date.now() / 1000)
  const describe = (id: string) => ({ id, object: 'model', created, owned_by: 'gateway' })
  const names = [...registry.all.map(({ name }) => name), ...(auto === undefined ? [] : [auto.name])]
  app.get('/v1/models', async () => ({ object: 'list', data: names.map((name) => describe(name)) }))
  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const id = request.params['*']
    const name = auto?.answersTo(id) === true ? auto.name : registry.find(id)?.name
    if (name === undefined) throw modelNotFound(id)
    return describe(name)
  })
}

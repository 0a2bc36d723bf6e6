import type { FastifyInstance } from 'fastify'
import { modelNotFound } from './chat.ts'
import type { Config } from './config.ts'

/** `GET /v1/models` and `GET /v1/models/:id`: the configured names. Which upstream serves them is nobody's business. */
export function modelRoutes(app: FastifyInstance, models: Config['models']): void {
  // The time of configuration, not of the request: `created` of one model must not change between two calls.
  const created = Math.floor(Date.now() / 1000)
  const describe = (id: string) => ({ id, object: 'model', created, owned_by: 'gateway' })
  app.get('/v1/models', async () => ({ object: 'list', data: Object.keys(models).map(describe) }))
  app.get<{ Params: { '*': string } }>('/v1/models/*', async (request) => {
    const id = request.params['*']
    if (!Object.hasOwn(models, id)) throw modelNotFound(id)
    return describe(id)
  })
}

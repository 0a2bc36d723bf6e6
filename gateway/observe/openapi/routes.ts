import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.ts'
import type { ErrorDialect } from '../../reply/error-dialect.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Exists only to refuse. */
    readonly refusal?: boolean
  }
}

/** Methods of the routes for people and machines that want to know the others. */
export const docsMethods = { '/openapi.json': 'GET, HEAD', '/docs': 'GET, HEAD' }

/**
 * Registers `/openapi.json` and `/docs`; to be called before any other route. The routes themselves carry no schemas: nothing is
 * validated, compiled or serialised otherwise because of the document. It is made on the way to readiness.
 */
export function docsRoutes(app: FastifyInstance, { metrics, limits }: Pick<Config, 'metrics' | 'limits'>, errors: ErrorDialect): void {
  const routes: string[] = []
  let document: Buffer | undefined
  let page: { readonly html: string; readonly policy: string } | undefined
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.refusal === true) return
    for (const name of [method].flat()) if (name !== 'HEAD') routes.push(`${name} ${url}`)
  })
  app.addHook('onReady', async () => {
    const [{ createDocument }, { docsPage }] = await Promise.all([import('./document.ts'), import('./page.ts')])
    document = Buffer.from(JSON.stringify(createDocument({ routes, metricsPath: metrics === false ? undefined : metrics.path, bodyBytes: limits.bodyBytes, errors })))
    page = docsPage()
  })
  app.get('/openapi.json', { config: { open: true } }, async (_request, reply) => reply.type('application/json; charset=utf-8').send(document))
  app.get('/docs', { config: { open: true } }, async (_request, reply) => reply.header('content-security-policy', page?.policy).header('x-content-type-options', 'nosniff').type('text/html; charset=utf-8').send(page?.html))
}

import type { FastifyInstance } from 'fastify'
import type { Drain } from '../admit/drain.ts'
import type { Keyring } from '../authenticate/keyring.ts'
import type { RedisStore } from '../stores/redis.ts'

/** Methods of the two probes. */
export const healthMethods = { '/health/live': 'GET, HEAD', '/health/ready': 'GET, HEAD' }

export interface HealthOptions {
  readonly drain: Pick<Drain, 'draining'>
  readonly redis: RedisStore | undefined
  readonly ring: Pick<Keyring, 'trusted'>
}

/** Liveness asks only whether the loop turns; readiness asks whether this replica should get traffic. */
export function healthRoutes(app: FastifyInstance, { drain, redis, ring }: HealthOptions): void {
  app.get('/health/live', async () => ({ status: 'ok' }))
  app.get('/health/ready', async (_request, reply) => {
    const dependencies: Record<string, { status: 'up' | 'down'; required: boolean }> = {}
    if (redis !== undefined) dependencies['redis'] = { status: (await redis.ping()) ? 'up' : 'down', required: redis.config.required }
    // Without keys that can be trusted every request is refused, whether or not Redis counts as required.
    if (!ring.trusted) dependencies['keys'] = { status: 'down', required: true }
    const missing = Object.values(dependencies).some(({ status, required }) => required && status === 'down')
    const ready = !drain.draining && !missing
    return reply.code(ready ? 200 : 503).header('cache-control', 'no-store').send({ status: ready ? 'ready' : 'not_ready', draining: drain.draining, dependencies })
  })
}

/** Probes must be answered without a key and while draining. */
export function isHealthPath(url: string | undefined): boolean {
  return url !== undefined && Object.hasOwn(healthMethods, url)
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Drain } from '../admit/drain.ts'
import type { Config } from '../config.ts'
import { GatewayError, invalidFields } from '../errors.ts'
import type { Pipeline } from '../pipeline.ts'
import { relayStream } from '../reply/relay.ts'
import { RequestScope } from '../scope.ts'
import type { JsonBody } from '../validate/json-body.ts'
import { validate } from '../validate/validate.ts'
import type { Broker } from './broker.ts'
import type { Channels } from './channels.ts'
import type { JobsConfig } from './config.ts'
import { follow, hasEnded } from './events.ts'
import { fingerprintOf, isJobId, jobId, jobText, jobUrls, kindOf } from './job.ts'
import type { Job, Ticket } from './job.ts'
import { memberText } from './members.ts'
import { jobsUnavailable } from './store.ts'
import type { JobStore } from './store.ts'

export const submission = z.strictObject({ url: z.enum(jobUrls), body: z.looseObject({}) })

/** Methods of the routes of jobs. */
export const jobMethods = { '/v1/jobs': 'POST', '/v1/jobs/:id': 'GET, HEAD, DELETE', '/v1/jobs/:id/events': 'GET' }

/** When a full queue may be asked again; nobody can know when it will have drained. */
const fullMs = 5_000
/** How long one connection may follow a job; longer than any job runs, but one can wait for long. */
const followMs = 86_400_000

export interface JobRouteOptions {
  readonly config: Pick<Config, 'stream'>
  readonly jobs: JobsConfig
  readonly pipeline: Pick<Pipeline, 'validated' | 'choose'>
  readonly store: JobStore
  /** Known when the gateway is ready. */
  readonly broker: () => Broker
  readonly channels: Channels
  readonly drain: Drain
}

/** Registers the routes of jobs. */
export function jobRoutes(app: FastifyInstance, { config, jobs, pipeline, store, broker, channels, drain }: JobRouteOptions): void {
  /** A job of this tenant. Throws GW_ERR_JOB_NOT_FOUND for another one's as for none. */
  async function look(id: string, tenant: string): Promise<Job> {
    const job = isJobId(id) ? ((await store.find(id)) ?? (await waiting(id)) ?? (await store.find(id))) : undefined
    if (job === undefined || job.tenant !== tenant) throw new GatewayError('GW_ERR_JOB_NOT_FOUND')
    return job
  }

  async function waiting(id: string): Promise<Job | undefined> {
    const ticket = await broker().find(id)
    return ticket === undefined ? undefined : queued(id, ticket)
  }

  /** The job that was made under this id before, which must be the same. */
  async function known(id: string, { caller, ...asked }: Ticket): Promise<Job | undefined> {
    try {
      const job = await look(id, caller.tenant)
      if (job.fingerprint !== fingerprintOf(asked)) throw new GatewayError('GW_ERR_IDEMPOTENCY_CONFLICT')
      return job
    } catch (error) {
      if (error instanceof GatewayError && error.id === 'GW_ERR_JOB_NOT_FOUND') return undefined
      throw error
    }
  }

  app.post('/v1/jobs', async (request, reply) => {
    const { ticket, json } = ticketOf(request)
    pipeline.choose(pipeline.validated(request, kindOf(ticket.url), { raw: ticket.raw, json }))
    const key = idempotencyKey(request)
    const id = jobId(ticket.caller.tenant, key)
    let job = key === undefined ? undefined : await known(id, ticket)
    if (job === undefined) {
      if ((await broker().waiting()) >= jobs.maxWaiting) throw jobsUnavailable(fullMs)
      await broker().add(id, ticket)
      job = queued(id, ticket)
    }
    return reply.code(202).header('location', `/v1/jobs/${id}`).send({ id, object: 'job', status: job.status, created: job.created })
  })

  app.get<{ Params: { id: string } }>('/v1/jobs/:id', async ({ params, caller }, reply) => {
    const job = await look(params.id, caller.tenant)
    return reply.type('application/json; charset=utf-8').send(jobText(job))
  })

  app.delete<{ Params: { id: string } }>('/v1/jobs/:id', async ({ params, caller }, reply) => {
    const job = await look(params.id, caller.tenant)
    const cancelled = !hasEnded(job) && (await store.cancel(job, new GatewayError('GW_ERR_JOB_CANCELLED')))
    if (cancelled) await broker().remove(job.id)
    else await store.forget(job.id)
    return reply.send({ id: job.id, object: 'job', status: cancelled ? 'failed' : job.status, created: job.created, deleted: !cancelled })
  })

  app.get<{ Params: { id: string } }>('/v1/jobs/:id/events', { exposeHeadRoute: false }, async (request, reply) => {
    const { caller, params } = request
    const job = await look(params.id, caller.tenant)
    const seen = request.headers['last-event-id']
    // Whoever follows does not hold up a drain: another replica goes on where this one stopped.
    using scope = new RequestScope(request, reply, followMs, drain.refused)
    const after = typeof seen === 'string' && /^\d{1,15}-\d{1,15}$/.test(seen) ? seen : undefined
    const error = await relayStream(follow({ store, channels, look: async (id) => look(id, caller.tenant) }, job, after, scope), reply, scope, config.stream.keepAliveMs)
    if (error !== undefined) request.trace.error = error.id
    return reply
  })
}

function ticketOf(request: FastifyRequest): { readonly ticket: Ticket; readonly json: unknown } {
  if (request.body === undefined || request.body === null) throw new GatewayError('GW_ERR_MALFORMED_JSON')
  const input = request.body as JsonBody
  const { url, body: json } = validate(submission, input)
  const headers: Record<string, string> = {}
  for (const name of ['user-agent', 'traceparent', 'tracestate', 'cache-control']) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  const ticket = { caller: request.caller, url, raw: memberText(input.raw, 'body') ?? '', created: Math.floor(Date.now() / 1_000), requestId: request.id, headers }
  return { ticket, json }
}

function idempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length > 0 && key.length <= 255) return key
  throw invalidFields([{ field: 'Idempotency-Key', message: "Invalid value for 'Idempotency-Key': expected 1 to 255 characters.", code: 'invalid_value' }])
}

function queued(id: string, ticket: Ticket): Job {
  const { caller, url, created } = ticket
  return { id, tenant: caller.tenant, url, created, status: 'queued', attempts: 0, fingerprint: fingerprintOf(ticket) }
}

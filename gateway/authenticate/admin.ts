import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'
import type { JsonBody } from '../validate/json-body.ts'
import { validate } from '../validate/validate.ts'
import { created, newKey, revoked, rotated } from './key-record.ts'
import type { KeyRecord } from './key-record.ts'
import type { Keyring } from './keyring.ts'
import { keysUnavailable } from './key-store.ts'
import type { KeyStore } from './key-store.ts'

const seconds = z.int().min(0).max(31_536_000)

/** Key management over HTTP; the admin key is none of the caller keys. */
export const adminConfig = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits'),
  /** How long an old key stays valid after a rotation, unless the request says otherwise. */
  overlapSeconds: seconds.default(86_400),
  /** How long a replica that has lost Redis goes on with the keys it knows; then it takes none. */
  staleSeconds: z.int().min(1).default(3_600),
  /** Bounds the memory; revoked keys count, because their ids stay taken. */
  maxKeys: z.int().min(1).default(10_000),
})
export type AdminConfig = z.output<typeof adminConfig>

// `strictObject` names an unknown field in the text of one issue about the whole body; a caller looks for it in `param`.
const noSuchField = z.custom(() => false, 'there is no such field')
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected 1 to 64 letters, digits, dots, dashes and underscores')
export const createBody = z.object({ id: name, tenant: name.optional() }).catchall(noSuchField)
export const rotateBody = z.object({ overlapSeconds: seconds.optional() }).catchall(noSuchField)

/** What `GET /admin/keys` says of a key; never its hash. An id has one more for each key that is valid until its overlap ends. */
export interface KeyView {
  readonly id: string
  readonly tenant: string
  readonly source: KeyRecord['source']
  readonly state: 'active' | 'retiring' | 'revoked'
  /** ISO 8601; null when it stands in a config. */
  readonly createdAt: string | null
  /** ISO 8601, when it ends or, revoked, has ended; else null. */
  readonly expiresAt: string | null
}

export interface AdminOptions {
  readonly config: AdminConfig
  readonly ring: Keyring
  readonly store: KeyStore
}

/** Routes of key management, and the methods of each. */
export const adminMethods = { '/admin/keys': 'GET, HEAD, POST', '/admin/keys/:id': 'DELETE', '/admin/keys/:id/rotate': 'POST' }

/** Whether a route takes the admin key, and no other. */
export function isAdminPath(url: string | undefined): boolean {
  return url?.startsWith('/admin/') === true
}

/** Registers the routes of key management. That it is the admin who asks has been checked by then. */
export function adminRoutes(app: FastifyInstance, { config, ring, store }: AdminOptions): void {
  const existing = (record: KeyRecord | undefined): KeyRecord => {
    if (record === undefined || !ring.owns(record)) throw new GatewayError('GW_ERR_NO_SUCH_KEY')
    return record
  }

  /** Tells a new key, but not before it is good on every replica. */
  async function tell(reply: FastifyReply, status: number, record: KeyRecord, key: string): Promise<FastifyReply> {
    await sleep(store.settleMs)
    const [view, ...retiring] = viewsOf(record)
    return send(reply, status, { ...view, key, retiring: retiring.map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })) })
  }

  app.get('/admin/keys', async (_request, reply) => {
    if (!ring.trusted) throw keysUnavailable('Keys cannot be listed at the moment. Try again later.')
    return send(reply, 200, { object: 'list', data: ring.records.filter((record) => ring.owns(record)).flatMap(viewsOf) })
  })

  app.post('/admin/keys', async (request, reply) => {
    const { id, tenant } = validate(createBody, bodyOf(request))
    if (ring.size >= config.maxKeys) throw new GatewayError('GW_ERR_KEY_CONFLICT', { message: `There are ${config.maxKeys} keys, revoked ones included.` })
    const { key, sha256 } = newKey()
    const record = await store.change(id, (current) => created(current, { id, tenant: tenant ?? id, sha256, now: Date.now() }))
    request.log.info({ keyId: id, change: 'created' }, 'key')
    return tell(reply, 201, record, key)
  })

  app.post<{ Params: { id: string } }>('/admin/keys/:id/rotate', async (request, reply) => {
    const { overlapSeconds = config.overlapSeconds } = validate(rotateBody, bodyOf(request))
    const { key, sha256 } = newKey()
    const record = await store.change(request.params.id, (current) => {
      const now = Date.now()
      // The overlap begins when the new key can be used.
      const until = overlapSeconds === 0 ? 0 : now + store.settleMs + overlapSeconds * 1_000
      return rotated(existing(current), { sha256, until, now })
    })
    request.log.info({ keyId: record.id, change: 'rotated' }, 'key')
    return tell(reply, 200, record, key)
  })

  app.delete<{ Params: { id: string } }>('/admin/keys/:id', async (request, reply) => {
    const record = await store.change(request.params.id, (current) => revoked(existing(current), Date.now()))
    request.log.info({ keyId: record.id, change: 'revoked' }, 'key')
    return send(reply, 200, viewsOf(record)[0])
  })
}

/** The present key first. */
function viewsOf({ id, tenant, source, createdAt, retiring, revokedAt }: KeyRecord): KeyView[] {
  const now = Date.now()
  const present: KeyView = { id, tenant, source, state: revokedAt === null ? 'active' : 'revoked', createdAt: isoOf(createdAt), expiresAt: isoOf(revokedAt) }
  const valid = retiring.filter(({ expiresAt }) => expiresAt > now)
  return [present, ...valid.map((entry): KeyView => ({ id, tenant, source, state: 'retiring', createdAt: isoOf(entry.createdAt), expiresAt: isoOf(entry.expiresAt) }))]
}

function isoOf(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

async function send(reply: FastifyReply, status: number, body: unknown): Promise<FastifyReply> {
  return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send(body)
}

function bodyOf(request: FastifyRequest): JsonBody {
  return (request.body as JsonBody | undefined) ?? { raw: '{}', json: {} }
}

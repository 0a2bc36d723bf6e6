import { z } from 'zod'

/** Every number of the honest proxy, in milliseconds unless the name says otherwise. A config's `timing` overrides them. */
export const NUMBERS = {
  retries: 2,
  backoffBaseMs: 50,
  backoffCapMs: 400,
  retryAfterCapMs: 2000,
  breakerFailures: 5,
  breakerCooldownMs: 1000,
  connectMs: 500,
  firstByteMs: 800,
  idleMs: 800,
  totalMs: 5000,
  drainMs: 5000,
  redisMs: 50,
  /** The limited key: so many requests at once, and so many come back in a second; a request waits so long for the count in Redis. */
  limitBurst: 3,
  limitPerSecond: 2,
  limitRedisMs: 200,
  /** Of one message. */
  messageChars: 10_000,
  keepAliveMs: 15_000,
  /** Upstream calls at a time, and how many may wait for one. */
  slots: 1000,
  places: 1000,
  /** How long a delta without content waits for the next event, so that an error right behind it is still an answer we may retry. */
  holdMs: 20,
  bodyBytes: 16 * 1024 * 1024,
}
export type Numbers = typeof NUMBERS

export const RETRY_STATUSES: readonly number[] = [429, 500, 502, 503, 504]

const url = z.string().regex(/^http:\/\/.*[^/]$/, 'expected http://… without a slash at the end')

const Config = z
  .strictObject({
    port: z.number().int().min(0),
    callerKey: z.string().min(1),
    limitedKey: z.string().min(1).nullable().default(null),
    upstreamKey: z.string().min(1),
    upstreams: z.record(z.string(), url),
    models: z.record(z.string(), z.array(z.string()).min(1)),
    jsonOnly: z.array(z.string()).default([]),
    redis: z.string().nullable().default(null),
    timing: z.partialRecord(z.enum(Object.keys(NUMBERS) as (keyof Numbers)[]), z.number()).default({}) as z.ZodType<Partial<Numbers>>,
  })
  .refine((config) => Object.values(config.models).flat().every((lane) => Object.hasOwn(config.upstreams, lane)), 'a model names an unknown upstream')
export type Config = z.infer<typeof Config>

/** Parses a proxy configuration; throws with every issue and its path. */
export const parseConfig = (value: unknown): Config => Config.parse(value)

/** One upstream as the proxy sees it. */
export interface Lane {
  name: string
  url: string
}

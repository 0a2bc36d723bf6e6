import { createHash } from 'node:crypto'
import { z } from 'zod'

const ms = z.int().min(1)
const base = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).refine((value) => {
  const url = URL.parse(value)
  return url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}, 'expected a URL without credentials, query or fragment')

const key = z
  .strictObject({
    id: z.string().min(1),
    key: z.string().min(8).optional(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits').optional(),
  })
  .refine((entry) => (entry.key === undefined) !== (entry.sha256 === undefined), 'expected exactly one of `key` and `sha256`')
  // The plain key ends here: nothing behind the parser can log or echo what it never had.
  .transform(({ id, key: plain, sha256 }) => ({ id, sha256: sha256?.toLowerCase() ?? createHash('sha256').update(plain ?? '').digest('hex') }))

const chain = z.array(z.strictObject({ upstream: z.string(), model: z.string().min(1) })).min(1)

const retry = z.strictObject({
  retries: z.int().min(0).max(10).default(3),
  statuses: z.array(z.int().min(429).max(599)).default([429, 500, 502, 503, 504]),
  baseMs: ms.default(1_000),
  capMs: ms.default(60_000),
  maxRetryAfterMs: z.int().min(0).default(60_000),
})

const breaker = z.strictObject({ failures: z.int().min(1).default(5), cooldownMs: ms.default(60_000) })

const schema = z
  .strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8080),
    keys: z.array(key).min(1),
    upstreams: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), z.strictObject({ baseURL: base, apiKey: z.string().min(1).optional() })),
    models: z.record(z.string().min(1), z.strictObject({ chain })),
    retry: z.union([z.literal(false), retry]).default(retry.parse({})),
    breaker: z.union([z.literal(false), breaker]).default(breaker.parse({})),
    timeouts: z
      .strictObject({
        connectMs: ms.default(5_000),
        firstByteMs: ms.default(60_000),
        idleMs: ms.default(60_000),
        totalMs: ms.default(600_000),
        requestMs: ms.default(30_000),
      })
      .prefault({}),
    limits: z
      .strictObject({
        bodyBytes: z.int().min(1).default(1_048_576),
        answerBytes: z.int().min(1).default(16_777_216),
        eventBytes: z.int().min(1).default(4_194_304),
      })
      .prefault({}),
    stream: z.strictObject({ holdMs: z.int().min(0).default(100), finishMs: ms.default(1_000), keepAliveMs: z.int().min(0).default(15_000) }).prefault({}),
    redis: z.strictObject({ url: z.url({ protocol: /^rediss?$/ }), required: z.boolean().default(true) }).optional(),
    drain: z.strictObject({ deadlineMs: z.int().min(0).default(30_000), graceMs: z.int().min(0).default(0) }).prefault({}),
    log: z.strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info') }).prefault({}),
  })
  .superRefine((config, context) => {
    for (const [name, model] of Object.entries(config.models)) {
      for (const [index, entry] of model.chain.entries()) {
        if (Object.hasOwn(config.upstreams, entry.upstream)) continue
        context.addIssue({ code: 'custom', path: ['models', name, 'chain', index, 'upstream'], message: `no upstream is named "${entry.upstream}"` })
      }
    }
    const ids = config.keys.map((entry) => entry.id)
    for (const [index, id] of ids.entries()) {
      if (ids.indexOf(id) !== index) context.addIssue({ code: 'custom', path: ['keys', index, 'id'], message: `the id "${id}" is used twice` })
    }
  })

/** Everything the gateway may be told, with defaults applied and caller keys reduced to their hashes. */
export type Config = z.output<typeof schema>
/** What a config file holds, before defaults. */
export type ConfigInput = z.input<typeof schema>
export type RetryConfig = z.output<typeof retry>
export type BreakerConfig = z.output<typeof breaker>
export type Timeouts = Config['timeouts']

/** All that is wrong with a config at once, one line per issue. */
export class ConfigError extends Error {
  readonly issues: readonly string[]

  constructor(issues: readonly string[]) {
    super(`The gateway config has ${issues.length === 1 ? 'an issue' : `${issues.length} issues`}:\n${issues.map((issue) => `  ${issue}`).join('\n')}`)
    this.name = 'ConfigError'
    this.issues = issues
  }
}

/** Checks a config and fills in defaults; throws one {@link ConfigError} that lists every issue with its path. */
export function parseConfig(input: unknown): Config {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new ConfigError(result.error.issues.flatMap((issue) => describe(issue, [])))
}

// A union reports only "Invalid input" at its own path; the object branch, always the last, knows what is really wrong.
function describe(issue: z.core.$ZodIssue, prefix: PropertyKey[]): string[] {
  const path = [...prefix, ...issue.path]
  const nested = issue.code === 'invalid_union' ? issue.errors.at(-1) : undefined
  if (nested !== undefined && nested.length > 0) return nested.flatMap((inner) => describe(inner, path))
  return [`${path.map(String).join('.') || '(root)'}: ${issue.message}`]
}

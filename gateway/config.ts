import { createHash } from 'node:crypto'
import { z } from 'zod'
import { budgetsConfig } from './admit/budget.ts'
import { queueConfig } from './admit/queue.ts'
import { rateLimitsConfig } from './admit/rate-limit.ts'
import { adminConfig } from './authenticate/admin.ts'
import { anthropicConfig } from './call/anthropic/config.ts'
import { breakerConfig } from './call/breaker-config.ts'
import { outputConfig } from './check/output-check.ts'
import { jobsConfig } from './jobs/config.ts'
import { cacheConfig } from './lookup/cache.ts'
import { metricsConfig } from './observe/metrics.ts'
import { sampleConfig } from './observe/sample.ts'
import { tracingConfig } from './observe/tracing.ts'
import { autoConfig } from './route/auto.ts'
import { degradeConfig } from './route/degrade.ts'
import { modelsConfig } from './route/registry.ts'
import { secret } from './secret.ts'
import { redisConfig } from './stores/redis.ts'
import { inputLimitsConfig } from './validate/input-limits.ts'

const ms = z.int().min(1)
const base = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).refine((value) => {
  const url = URL.parse(value)
  return url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
}, 'expected a URL without credentials, query or fragment')

const key = z
  .strictObject({
    id: z.string().min(1),
    /** Callers of one tenant may see each other's cached answers; without one a key is a tenant of its own. */
    tenant: z.string().min(1).optional(),
    key: secret.pipe(z.string().min(8)).optional(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'expected 64 hexadecimal digits').optional(),
  })
  .refine((entry) => (entry.key === undefined) !== (entry.sha256 === undefined), 'expected exactly one of `key` and `sha256`')
  // The plain key ends here: nothing behind the parser can log or echo what it never had.
  .transform(({ id, tenant, key: plain, sha256 }) => ({ id, tenant: tenant ?? id, sha256: sha256?.toLowerCase() ?? createHash('sha256').update(plain ?? '').digest('hex') }))

const upstream = z
  .strictObject({
    baseURL: base,
    apiKey: secret.optional(),
    engine: z.enum(['openai-compatible', 'ollama', 'vllm', 'anthropic']).default('openai-compatible'),
    anthropic: anthropicConfig.optional(),
  })
  .refine(({ engine, anthropic }) => anthropic === undefined || engine === 'anthropic', { path: ['anthropic'], message: 'only for the engine "anthropic"' })

/** A policy that is off unless configured; `false` says so in words. */
const off = <T extends z.ZodType>(policy: T) => z.union([z.literal(false), policy]).default(false)

const retry = z.strictObject({
  retries: z.int().min(0).max(10).default(3),
  /** A list: each may use up all `retries`. A map: how many of the `retries` go to each; `5xx` stands for those that are not named. */
  statuses: z.union([z.record(z.string().regex(/^(?:429|5\d\d|5xx)$/, 'expected 429, a 5xx status, or "5xx"'), z.int().min(0).max(10)), z.array(z.int().min(429).max(599))]).default([429, 500, 502, 503, 504]),
  baseMs: ms.default(1_000),
  capMs: ms.default(60_000),
  maxRetryAfterMs: z.int().min(0).default(60_000),
})

const schema = z
  .strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8080),
    keys: z.array(key).min(1),
    upstreams: z.record(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/), upstream),
    models: modelsConfig,
    auto: off(autoConfig),
    /** The dialect of error bodies: OpenAI's `error` object, or RFC 9457. */
    errors: z.enum(['openai', 'problem+json']).default('openai'),
    retry: z.union([z.literal(false), retry]).default(retry.parse({})),
    breaker: z.union([z.literal(false), breakerConfig]).default(breakerConfig.parse({})),
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
    redis: redisConfig.optional(),
    admin: off(adminConfig),
    rateLimits: off(rateLimitsConfig),
    budgets: off(budgetsConfig),
    input: off(inputLimitsConfig),
    cache: off(cacheConfig),
    coalesce: z.boolean().default(false),
    queue: off(queueConfig),
    degrade: off(degradeConfig),
    output: off(outputConfig),
    jobs: off(jobsConfig),
    metrics: off(metricsConfig),
    tracing: off(tracingConfig),
    /** `/openapi.json` and `/docs`. */
    docs: z.boolean().default(false),
    drain: z.strictObject({ deadlineMs: z.int().min(0).default(30_000), graceMs: z.int().min(0).default(0) }).prefault({}),
    log: z.strictObject({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'), sample: off(sampleConfig) }).prefault({}),
  })
  .superRefine((config, context) => {
    for (const [name, model] of Object.entries(config.models)) {
      for (const [index, entry] of model.chain.entries()) {
        const path = ['models', name, 'chain', index, 'upstream']
        if (!Object.hasOwn(config.upstreams, entry.upstream)) context.addIssue({ code: 'custom', path, message: `no upstream is named "${entry.upstream}"` })
        else if (model.kind === 'embeddings' && config.upstreams[entry.upstream]?.engine === 'anthropic') context.addIssue({ code: 'custom', path, message: `"${entry.upstream}" has no embeddings` })
      }
    }
    const names = new Set(Object.keys(config.models).map((name) => name.toLowerCase()))
    const named = (path: PropertyKey[], model: string | undefined): void => {
      if (model !== undefined && !names.has(model.toLowerCase())) context.addIssue({ code: 'custom', path, message: `no model is named "${model}"` })
    }
    if (names.size < Object.keys(config.models).length) context.addIssue({ code: 'custom', path: ['models'], message: 'two names differ in upper and lower case only' })
    for (const [name, model] of Object.entries(config.models)) named(['models', name, 'cheaper'], model.cheaper)
    if (config.auto !== false) {
      for (const [index, candidate] of config.auto.candidates.entries()) named(['auto', 'candidates', index], candidate)
      if (names.has(config.auto.name.toLowerCase())) context.addIssue({ code: 'custom', path: ['auto', 'name'], message: `a model is named "${config.auto.name}" as well` })
    }
    if (config.cache !== false && config.cache.semantic !== false) named(['cache', 'semantic', 'model'], config.cache.semantic.model)
    if (config.budgets !== false) {
      const { global, perKey, keys } = config.budgets
      const counted = [global, perKey, ...Object.values(keys)].some(({ costPerDay }) => costPerDay !== undefined)
      for (const [name, { price }] of Object.entries(config.models)) {
        if (counted && price === undefined) context.addIssue({ code: 'custom', path: ['models', name, 'price'], message: 'needed by a budget of money; 0 for a model that costs nothing' })
      }
    }
    if (config.jobs !== false && config.redis === undefined) context.addIssue({ code: 'custom', path: ['jobs'], message: 'needs `redis`' })
    if (config.admin !== false) {
      const admin = config.admin.sha256.toLowerCase()
      const twin = config.keys.find(({ sha256 }) => sha256 === admin)
      // Each is refused where the other belongs, so one secret for both would never be good for anything but the admin routes.
      if (twin !== undefined) context.addIssue({ code: 'custom', path: ['admin', 'sha256'], message: `is the key "${twin.id}" as well: the admin key has to be one of its own` })
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
export type { BreakerConfig } from './call/breaker-config.ts'
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

// A union reports only "Invalid input" at its own path. The last branch that found its way into the value knows what is really wrong; an object branch always is the last.
function describe(issue: z.core.$ZodIssue, prefix: PropertyKey[]): string[] {
  const path = [...prefix, ...issue.path]
  const nested = issue.code === 'invalid_union' ? (issue.errors.findLast((branch) => branch.some(({ path: inner }) => inner.length > 0)) ?? issue.errors.at(-1)) : undefined
  if (nested !== undefined && nested.length > 0) return nested.flatMap((inner) => describe(inner, path))
  return [`${path.map(String).join('.') || '(root)'}: ${issue.message}`]
}

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Target } from '../../schemas/config.ts'

/** The numbers the reference gateway and the controls run with here: small, so that time limits are reached quickly. */
const numbers = {
  retry: { retries: 2, baseMs: 50, capMs: 400, maxRetryAfterMs: 2000 },
  breaker: { failures: 5, cooldownMs: 1000 },
  timeouts: { connectMs: 500, firstByteMs: 1500, idleMs: 1200, totalMs: 6000 },
  drain: { deadlineMs: 5000 },
  // One comes back every 500 ms: far longer than a burst takes, so that how many get in is exact.
  rateLimit: { burst: 3, perSecond: 2 },
  input: { messageChars: 4000 },
  keepAlive: { everyMs: 250 },
  // More at a time than any other scenario sends, so that only the one about the queue finds it full.
  queue: { concurrency: 110, waiting: 20 },
}

const claims = {
  features: [
    'chat', 'chat.stream', 'chat.stream.usage', 'embeddings', 'models', 'auth', 'validation', 'retry', 'retry-after', 'breaker', 'breaker.half-open', 'fallback', 'timeouts', 'cancellation', 'health',
    'health.redis', 'drain', 'rate-limit', 'rate-limit.redis', 'request-id', 'redaction', 'cache', 'input-limits', 'keep-alive', 'queue', 'models.case', 'models.no-stream',
  ],
  retry: { retries: numbers.retry.retries, maxDelayMs: numbers.retry.capMs, maxRetryAfterMs: numbers.retry.maxRetryAfterMs },
  breaker: { ...numbers.breaker, probes: 1 },
  timeouts: numbers.timeouts,
  cancellation: { withinMs: 1000 },
  drain: numbers.drain,
  rateLimit: { ...numbers.rateLimit, shared: true, whenLost: 'local', lostWithinMs: 300, backWithinMs: 1500 },
  cache: { shared: true },
  input: numbers.input,
  keepAlive: numbers.keepAlive,
  queue: numbers.queue,
  health: { live: '/health/live', ready: '/health/ready' },
}

/** What is left of them without Redis: no features of it, and each replica counts for itself. */
const withoutRedis = { ...claims, features: claims.features.filter((f) => !f.endsWith('.redis')), rateLimit: { ...claims.rateLimit, shared: false }, cache: { shared: false } }

/** The same numbers in the words of the proxy that controls are cut from. */
const proxyTiming = {
  retries: numbers.retry.retries, backoffBaseMs: numbers.retry.baseMs, backoffCapMs: numbers.retry.capMs, retryAfterCapMs: numbers.retry.maxRetryAfterMs,
  breakerFailures: numbers.breaker.failures, breakerCooldownMs: numbers.breaker.cooldownMs, ...numbers.timeouts, drainMs: numbers.drain.deadlineMs,
  limitBurst: numbers.rateLimit.burst, limitPerSecond: numbers.rateLimit.perSecond,
  messageChars: numbers.input.messageChars, keepAliveMs: numbers.keepAlive.everyMs, slots: numbers.queue.concurrency, places: numbers.queue.waiting,
}

const models = { chat: 'gauntlet-chat', fallback: 'gauntlet-fallback', embeddings: 'gauntlet-embed', jsonOnly: 'gauntlet-json', unknown: 'no-such-model' }

/** One of our own programs, as source or as built: they stand in the same places. */
const program = (path: string): string => fileURLToPath(new URL(`../../${path}${extname(import.meta.url)}`, import.meta.url))

/** Where the reference gateway is started from. */
export const referenceProgram = program('gateway/main')

const referenceConfig = (redis: boolean): string =>
  JSON.stringify({
    host: '127.0.0.1', port: '{port}',
    keys: [{ id: 'caller', key: '{key.caller}' }, { id: 'limited', key: '{key.limited}' }],
    upstreams: { primary: { baseURL: '{upstream.primary}', apiKey: '{key.upstream}' }, secondary: { baseURL: '{upstream.secondary}', apiKey: '{key.upstream}' } },
    models: {
      [models.chat]: { chain: [{ upstream: 'primary', model: 'tiny' }] },
      [models.fallback]: { chain: [{ upstream: 'primary', model: 'tiny' }, { upstream: 'secondary', model: 'tiny' }] },
      [models.embeddings]: { chain: [{ upstream: 'primary', model: 'tiny' }] },
      [models.jsonOnly]: { chain: [{ upstream: 'primary', model: 'tiny' }], streaming: false },
    },
    retry: { ...numbers.retry, statuses: [429, 500, 502, 503, 504] },
    breaker: numbers.breaker, timeouts: numbers.timeouts, drain: numbers.drain,
    rateLimits: {
      routes: { chat: false, embeddings: false },
      keys: { limited: { chat: { algorithm: 'token-bucket', capacity: numbers.rateLimit.burst, refillPerSecond: numbers.rateLimit.perSecond } } },
    },
    output: {}, cache: { ttlSeconds: 60 }, input: numbers.input, queue: numbers.queue, stream: { keepAliveMs: numbers.keepAlive.everyMs },
    ...(redis ? { redis: { url: '{redis}', required: true, whenLost: 'local', commandMs: 200 } } : {}),
  }).replace('"{port}"', '{port}')

/** The gateway that ships with the suite, started as a process like any third party's. */
export const referenceTarget = (options: { redis: boolean; version: string; replicas?: number }): Target =>
  Target.parse({
    name: 'reference gateway', version: options.version, models,
    claims: options.redis ? claims : withoutRedis,
    launch: { command: process.execPath, args: [referenceProgram, '--config', '{dir}/gateway.json'], files: { 'gateway.json': referenceConfig(options.redis) }, ready: '/health/ready', replicas: options.replicas ?? 1 },
  })

/** A control: the honest proxy with one defect switched on, or `none` without any. */
export const controlTarget = (name: string, options: { redis: boolean; version: string }): Target =>
  Target.parse({
    name: `control:${name}`, version: options.version, models,
    claims: options.redis ? claims : withoutRedis,
    launch: {
      command: process.execPath, args: [program('harness/controls/serve'), name, '--config', '{dir}/control.json'], ready: '',
      files: {
        'control.json': JSON.stringify({
          port: '{port}', callerKey: '{key.caller}', limitedKey: '{key.limited}', upstreamKey: '{key.upstream}', upstreams: { primary: '{upstream.primary}', secondary: '{upstream.secondary}' },
          models: { [models.chat]: ['primary'], [models.fallback]: ['primary', 'secondary'], [models.embeddings]: ['primary'], [models.jsonOnly]: ['primary'] }, jsonOnly: [models.jsonOnly], redis: options.redis ? '{redis}' : null, timing: proxyTiming,
        }).replace('"{port}"', '{port}'),
      },
    },
  })

import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Target } from '../../schemas/config.ts'

/** The numbers the reference gateway and the controls run with here: small, so that time limits are reached quickly. */
const numbers = {
  retry: { retries: 2, baseMs: 50, capMs: 400, maxRetryAfterMs: 2000 },
  breaker: { failures: 5, cooldownMs: 1000 },
  timeouts: { connectMs: 500, firstByteMs: 1500, idleMs: 1200, totalMs: 6000 },
  drain: { deadlineMs: 5000 },
}

const claims = {
  features: [
    'chat', 'chat.stream', 'chat.stream.usage', 'embeddings', 'models', 'auth', 'retry', 'retry-after', 'breaker', 'fallback', 'timeouts', 'cancellation', 'health',
    'health.redis', 'drain',
  ],
  retry: { retries: numbers.retry.retries, maxDelayMs: numbers.retry.capMs, maxRetryAfterMs: numbers.retry.maxRetryAfterMs },
  breaker: { ...numbers.breaker, probes: 1 },
  timeouts: numbers.timeouts,
  cancellation: { withinMs: 1000 },
  drain: numbers.drain,
  health: { live: '/health/live', ready: '/health/ready' },
}

/** The same numbers in the words of the proxy that controls are cut from. */
const proxyTiming = {
  retries: numbers.retry.retries, backoffBaseMs: numbers.retry.baseMs, backoffCapMs: numbers.retry.capMs, retryAfterCapMs: numbers.retry.maxRetryAfterMs,
  breakerFailures: numbers.breaker.failures, breakerCooldownMs: numbers.breaker.cooldownMs, ...numbers.timeouts, drainMs: numbers.drain.deadlineMs,
}

const models = { chat: 'gauntlet-chat', fallback: 'gauntlet-fallback', embeddings: 'gauntlet-embed', unknown: 'no-such-model' }

/** One of our own programs, as source or as built: they stand in the same places. */
const program = (path: string): string => fileURLToPath(new URL(`../../${path}${extname(import.meta.url)}`, import.meta.url))

/** Where the reference gateway is started from. */
export const referenceProgram = program('gateway/main')

const referenceConfig = (redis: boolean): string =>
  JSON.stringify({
    host: '127.0.0.1', port: '{port}',
    keys: [{ id: 'caller', key: '{key.caller}' }],
    upstreams: { primary: { baseURL: '{upstream.primary}', apiKey: '{key.upstream}' }, secondary: { baseURL: '{upstream.secondary}', apiKey: '{key.upstream}' } },
    models: {
      [models.chat]: { chain: [{ upstream: 'primary', model: 'tiny' }] },
      [models.fallback]: { chain: [{ upstream: 'primary', model: 'tiny' }, { upstream: 'secondary', model: 'tiny' }] },
      [models.embeddings]: { chain: [{ upstream: 'primary', model: 'tiny' }] },
    },
    retry: { ...numbers.retry, statuses: [429, 500, 502, 503, 504] },
    breaker: numbers.breaker, timeouts: numbers.timeouts, drain: numbers.drain,
    ...(redis ? { redis: { url: '{redis}', required: true } } : {}),
  }).replace('"{port}"', '{port}')

/** The gateway that ships with the suite, started as a process like any third party's. */
export const referenceTarget = (options: { redis: boolean; version: string }): Target =>
  Target.parse({
    name: 'reference gateway', version: options.version, models,
    claims: options.redis ? claims : { ...claims, features: claims.features.filter((f) => f !== 'health.redis') },
    launch: { command: process.execPath, args: [referenceProgram, '--config', '{dir}/gateway.json'], files: { 'gateway.json': referenceConfig(options.redis) }, ready: '/health/ready' },
  })

/** A control: the honest proxy with one defect switched on, or `none` without any. */
export const controlTarget = (name: string, options: { redis: boolean; version: string }): Target =>
  Target.parse({
    name: `control:${name}`, version: options.version, models,
    claims: options.redis ? claims : { ...claims, features: claims.features.filter((f) => f !== 'health.redis') },
    launch: {
      command: process.execPath, args: [program('harness/controls/serve'), name, '--config', '{dir}/control.json'], ready: '',
      files: {
        'control.json': JSON.stringify({
          port: '{port}', callerKey: '{key.caller}', upstreamKey: '{key.upstream}', upstreams: { primary: '{upstream.primary}', secondary: '{upstream.secondary}' },
          models: { [models.chat]: ['primary'], [models.fallback]: ['primary', 'secondary'], [models.embeddings]: ['primary'] }, redis: options.redis ? '{redis}' : null, timing: proxyTiming,
        }).replace('"{port}"', '{port}'),
      },
    },
  })

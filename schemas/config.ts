import { z } from 'zod'
import { Claims } from './claims.ts'

const Component = z.strictObject({
  provider: z.enum(['url', 'container', 'binary', 'embedded']).optional().describe('take this one or none'),
  url: z.string().optional().describe('one that already runs'),
  image: z.string().optional(),
  binary: z.string().optional().describe('path of the executable'),
  disabled: z.boolean().optional(),
})

/**
 * How a target is started. In `args`, `env` and `files` these are replaced: {port}, {host}, {upstream.primary},
 * {upstream.secondary} (base URLs that end in /v1), {redis}, {key.caller}, {key.limited} (a second caller, whom the claimed rate
 * limit holds), {key.upstream}, {dir} (a folder of its own).
 */
export const Launch = z.strictObject({
  command: z.string(),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  files: z.record(z.string(), z.string()).default({}).describe('written into {dir} before the start'),
  cwd: z.string().optional(),
  ready: z.string().default('/v1/models').describe('path that answers 2xx once it serves'),
  startTimeoutMs: z.number().int().positive().default(30_000),
  replicas: z.number().int().min(1).max(8).default(1).describe('how many are started, behind a TCP balancer that takes turns; claims are those of one'),
})

export const Target = z
  .strictObject({
    name: z.string().optional(),
    version: z.string().optional(),
    launch: Launch.optional().describe('started and stopped by the harness'),
    baseURL: z.url().optional().describe('one that already runs, up to and with /v1; its upstreams must be those of `gauntlet upstream`'),
    auth: z
      .strictObject({
        key: z.string().optional(),
        keyEnv: z.string().optional().describe('environment variable that holds the key'),
        limitedKey: z.string().optional().describe('of a second caller, whom the claimed rate limit holds'),
        limitedKeyEnv: z.string().optional().describe('environment variable that holds it'),
      })
      .default({}),
    headers: z.record(z.string(), z.string()).default({}).describe('sent with every request'),
    models: z
      .strictObject({
        chat: z.string().describe('served by the primary lane alone'),
        fallback: z.string().optional().describe('primary lane, then secondary'),
        embeddings: z.string().optional(),
        jsonOnly: z.string().optional().describe('served by the primary lane, and not as a stream'),
        unknown: z.string().default('no-such-model'),
      })
      .default({ chat: 'gauntlet-chat', unknown: 'no-such-model' }),
    errors: z.enum(['openai', 'problem+json']).default('openai'),
    claims: Claims.prefault({}),
  })
  .refine((t) => (t.launch === undefined) !== (t.baseURL === undefined), { error: 'needs either `launch` or `baseURL`, not both' })

/** What `gauntlet.config.ts` exports through `defineConfig`. */
export const Config = z.strictObject({
  targets: z.record(z.string(), Target).default({}),
  target: z.string().optional().describe('name of the default target'),
  environment: z
    .strictObject({
      toxiproxy: Component.optional(),
      redis: Component.optional(),
      ollama: Component.optional(),
      k6: Component.optional(),
      docker: Component.optional(),
    })
    .default({}),
  require: z.array(z.enum(['toxiproxy', 'redis', 'ollama', 'k6', 'docker'])).default([]),
  cells: z.number().int().positive().max(16).optional(),
  seed: z.number().int().nonnegative().optional(),
  reporters: z.array(z.string()).optional(),
  out: z.string().optional().describe('folder for runs, .gauntlet by default'),
  /** Ports for `gauntlet upstream` and for targets that already run; the harness picks free ones otherwise. */
  ports: z.strictObject({ primary: z.number().int(), secondary: z.number().int() }).optional(),
})

export type Config = z.infer<typeof Config>
export type ConfigInput = z.input<typeof Config>
export type Target = z.infer<typeof Target>
export type TargetInput = z.input<typeof Target>
export type Launch = z.infer<typeof Launch>

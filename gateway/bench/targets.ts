import { spawn, spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConfigInput } from '../config.ts'
import { startFlags } from '../runtime.ts'
import { freePort } from '../test-port.ts'
import { Child, ended, pin } from './child.ts'
import { benchKey } from './load.ts'

export const targetNames = ['direct', 'nginx', 'bare', 'gateway', 'gateway-full', 'gateway-full-redis'] as const
export type TargetName = (typeof targetNames)[number]

/** Something that answers chat requests, started for one measurement. */
export interface Target extends AsyncDisposable {
  readonly url: string
  /** The process that is measured; the upstream itself and nginx are not looked into. */
  readonly child?: Child
}

/** The gateway with nothing but what it cannot be without. */
const plain = (upstream: string): ConfigInput => ({
  port: 0,
  keys: [{ id: 'bench', key: benchKey }],
  upstreams: { primary: { baseURL: `${upstream}/v1`, apiKey: 'sk-bench-upstream' } },
  models: { chat: { chain: [{ upstream: 'primary', model: 'tiny' }], price: { inputPerMillion: 1, outputPerMillion: 2 } } },
  retry: false,
  breaker: false,
  log: { level: 'silent' },
})

/**
 * Every feature on, with limits that the load does not reach: what is measured is the work, not the refusal. But for the semantic cache, which asks the
 * upstream for an embedding of each question: what it costs is a second call, not the gateway's time. One request in a hundred is traced and sampled.
 */
const full = (upstream: string, redis: string | undefined): ConfigInput => ({
  ...plain(upstream),
  retry: {},
  breaker: {},
  rateLimits: { routes: { chat: { algorithm: 'token-bucket', capacity: 100_000, refillPerSecond: 100_000 } } },
  budgets: { global: { tokensPerDay: 1_000_000_000_000 }, perKey: { tokensPerDay: 1_000_000_000_000, costPerDay: 1_000_000_000 } },
  input: {},
  cache: { maxEntries: 2_000 },
  coalesce: true,
  queue: { concurrency: 4_096, waiting: 10_000 },
  degrade: {},
  output: { maxChars: 1_000_000 },
  metrics: {},
  docs: true,
  log: { level: 'info', sample: { rate: 0.01 } },
  tracing: { endpoint: `${upstream}/v1/traces`, ratio: 0.01 },
  auto: { candidates: ['chat'] },
  admin: { sha256: hash('sha256', 'bench-admin-key') },
  ...(redis === undefined ? {} : { redis: { url: redis }, jobs: {} }),
})

/** Starts a target in front of an upstream, on a core of its own. */
export async function startTarget(name: TargetName, upstream: string, redis: string | undefined, core: number): Promise<Target> {
  if (name === 'direct') return { url: upstream, async [Symbol.asyncDispose]() {} }
  if (name === 'nginx') return startNginx(upstream, core)
  if (name === 'bare') return ofChild(await Child.start('bare.ts', [upstream], core))
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-'))
  const file = join(dir, 'config.json')
  writeFileSync(file, JSON.stringify(name === 'gateway' ? plain(upstream) : full(upstream, name === 'gateway-full-redis' ? redis : undefined)))
  try {
    return ofChild(await Child.start('gateway-process.ts', [file], core, startFlags))
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const ofChild = (child: Child): Target => ({ url: child.url, child, [Symbol.asyncDispose]: async () => child[Symbol.asyncDispose]() })

/** Why a target cannot be measured here; undefined when it can. */
export function missing(name: TargetName): string | undefined {
  if (name === 'nginx' && spawnSync('nginx', ['-v']).error !== undefined) return 'nginx is not installed'
  if (name === 'gateway-full-redis' && spawnSync('redis-server', ['--version']).error !== undefined) return 'redis-server is not installed'
  return undefined
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.unref()
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await sleep(50)
  }
  throw new Error(`Nothing listens on port ${port}.`)
}

async function startDaemon(command: string, args: readonly string[], port: number, core: number | undefined, dir?: string): Promise<AsyncDisposable> {
  const daemon = spawn(command, [...args], { stdio: 'ignore' })
  pin(daemon.pid, core)
  await answers(port)
  return {
    async [Symbol.asyncDispose]() {
      await ended(daemon, 'SIGTERM')
      if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A Redis of the benchmark's own, on the core of the load: on a machine with two there is no third. */
export async function startRedis(core: number): Promise<AsyncDisposable & { readonly url: string }> {
  const port = await freePort()
  const daemon = await startDaemon('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], port, core)
  return { url: `redis://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => daemon[Symbol.asyncDispose]() }
}

async function startNginx(upstream: string, core: number): Promise<Target> {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-nginx-'))
  const conf = join(dir, 'nginx.conf')
  writeFileSync(conf, `daemon off;
worker_processes 1;
pid ${dir}/pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${dir}; proxy_temp_path ${dir}; fastcgi_temp_path ${dir}; uwsgi_temp_path ${dir}; scgi_temp_path ${dir};
  upstream primary { server ${new URL(upstream).host}; keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { proxy_pass http://primary; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_read_timeout 120s; }
  }
}
`)
  const daemon = await startDaemon('nginx', ['-p', dir, '-c', conf], port, core, dir)
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => daemon[Symbol.asyncDispose]() }
}

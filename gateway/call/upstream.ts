import { Pool, buildConnector, errors } from 'undici'
import type { Socket } from 'node:net'
import { createBreaker } from './breaker.ts'
import type { BreakerState, Circuit } from './breaker.ts'
import type { Config } from '../config.ts'
import { anthropicDialect } from './anthropic/dialect.ts'
import type { Dialect } from './dialect.ts'
import { openAiDialect } from './openai-dialect.ts'

/** One upstream: its connections, its credentials, its breaker. */
export interface Upstream {
  readonly name: string
  readonly pool: Pool
  readonly prefix: string
  readonly dialect: Dialect
  /** The upstream's own key, and what else its dialect puts into every request. */
  readonly headers: Readonly<Record<string, string>>
  readonly breaker: Circuit
}

/** Opens nothing yet: pools connect on first use. */
export function createUpstreams(config: Config, onTransition: (upstream: string, from: BreakerState, to: BreakerState) => void): Map<string, Upstream> {
  const made = Object.entries(config.upstreams).map(([name, { baseURL, apiKey, engine, anthropic }]): [string, Upstream] => {
    const url = new URL(baseURL)
    const dialect = engine === 'anthropic' ? anthropicDialect(anthropic) : openAiDialect
    const pool = new Pool(url.origin, {
      connect: connector(config.timeouts.connectMs),
      // The waits are timed per attempt: undici's own timers tick in half seconds, and its body timeout also counts
      // the time a slow caller takes to read.
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
      allowH2: false,
    })
    return [name, {
      name,
      pool,
      prefix: url.pathname.replace(/\/+$/, ''),
      dialect,
      headers: dialect.headers(apiKey),
      breaker: createBreaker(config.breaker, (from, to) => onTransition(name, from, to)),
    }]
  })
  return new Map(made)
}

function connector(connectMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: 0, allowH2: false })
  return (options, callback) => {
    let timer: NodeJS.Timeout | undefined
    // Typed void, but it returns the socket; undici itself relies on that nowhere, so a missing one only loses the limit.
    const socket = connect(options, (...result) => {
      clearTimeout(timer)
      callback(...result)
    }) as unknown as Socket | undefined
    timer = setTimeout(() => socket?.destroy(new errors.ConnectTimeoutError()), connectMs)
  }
}

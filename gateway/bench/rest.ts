import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './child.ts'
import { streamLoad } from './load.ts'
import { startTarget } from './targets.ts'

/** What a target holds on to when nothing is going on. */
export interface Held {
  /** Live objects and buffers after a collection: what a leak would show in. */
  readonly heapMiB: number
  /** What the process has from the system; V8 gives back little of what it once took. */
  readonly rssMiB: number
  readonly sockets: number
  readonly upstreamConnections: number
}

const MiB = 1_048_576
const short = { chunks: 3, gapMs: 1 }
/** Longer than an idle upstream connection is kept. */
const idleMs = 6_000

async function held(child: Child, upstream: Child): Promise<Held> {
  await sleep(idleMs)
  const heapBytes = await child.ask<number>('held')
  const upstreamConnections = await upstream.ask<number>('connections')
  return { heapMiB: Math.round(heapBytes / MiB), rssMiB: Math.round(child.rss / MiB), sockets: child.sockets, upstreamConnections }
}

/**
 * Whether the gateway with every feature on comes back to where it was: after a warm-up, after 10 000 streams, after 10 000 streams whose
 * callers left, and how it bears 2 000 at once.
 */
export async function measureRest(upstream: Child, core: number): Promise<Record<'warm' | 'afterStreams' | 'afterAborts' | 'afterTwoThousandAtOnce', Held>> {
  await using target = await startTarget('gateway-full', upstream.url, undefined, core)
  const { child, url } = target
  if (child === undefined) throw new Error('The gateway is a process of its own.')
  // As many at once as later on, and as many in all as the cache holds: what grows to a bound has grown.
  await streamLoad(url, { concurrent: 2_000, total: 2_000, chunks: 3, gapMs: 1_000 })
  await streamLoad(url, { ...short, concurrent: 100, total: 4_000 })
  const warm = await held(child, upstream)
  await streamLoad(url, { ...short, concurrent: 100, total: 10_000 })
  const afterStreams = await held(child, upstream)
  await streamLoad(url, { ...short, chunks: 50, concurrent: 100, total: 10_000, abortAfter: 2 })
  const afterAborts = await held(child, upstream)
  await streamLoad(url, { concurrent: 2_000, total: 2_000, chunks: 10, gapMs: 1_000 })
  const afterTwoThousandAtOnce = await held(child, upstream)
  for (const [name, at] of Object.entries({ warm, afterStreams, afterAborts, afterTwoThousandAtOnce })) console.log(`${name.padEnd(24)} heap ${at.heapMiB} MiB, resident ${at.rssMiB} MiB, ${at.sockets} descriptors, ${at.upstreamConnections} upstream connections`)
  return { warm, afterStreams, afterAborts, afterTwoThousandAtOnce }
}

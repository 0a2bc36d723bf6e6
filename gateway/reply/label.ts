import type { Turn } from '../turn.ts'

/** Headers that say how the answer came about. Sent with failures as well. */
export function label({ reply, trace }: Pick<Turn, 'reply' | 'trace'>): void {
  reply.header('x-gauntlet-attempts', trace.attempts)
  if (trace.upstream !== undefined) reply.header('x-gauntlet-upstream', trace.upstream)
  // Names of the config may be in any script; a header may not.
  if (trace.served !== undefined) reply.header('x-gauntlet-model', encodeURI(trace.served.name))
  if (trace.cache !== undefined) reply.header('x-cache', trace.cache.toUpperCase())
  if (trace.degraded.length > 0) reply.header('x-gauntlet-degraded', trace.degraded.join(', '))
}

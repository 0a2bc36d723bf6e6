import type { Algorithm } from '../limit-store.ts'

export interface LeakyBucketState {
  /** How many requests are in the bucket, each waiting for its turn. */
  readonly level: number
  readonly at: number
  readonly blockedUntil: number
}

const tolerance = 1e-9

/**
 * A queue that leaks evenly: one request every 1/`perSecond`. The first of a burst goes at once, the others are held back, each to its own
 * turn. The bucket holds what leaks in one second; the request that finds it full is refused, and so is every other of this caller for
 * `blockMs`. Coming back too early does not prolong the block; what was let in before it still gets its turn.
 */
export function leakyBucket(perSecond: number, blockMs: number): Algorithm<LeakyBucketState> {
  const rate = perSecond / 1e6
  const capacity = Math.max(1, Math.floor(perSecond))
  const block = blockMs * 1000
  return {
    name: 'leaky-bucket',
    limit: capacity,
    size: 3,
    step(state, now) {
      let level = 0
      let blockedUntil = 0
      if (state !== undefined) {
        level = Math.max(0, state.level - (now - Math.min(state.at, now)) * rate)
        blockedUntil = Math.min(state.blockedUntil, now + block)
      }
      const blocked = blockedUntil > now
      const allowed = !blocked && level <= capacity - 1 + tolerance
      if (!allowed && !blocked) blockedUntil = now + block
      const turnUs = Math.ceil(level / rate)
      if (allowed) level += 1
      const drainedUs = Math.ceil(level / rate)
      return {
        state: state === undefined || !blocked || state.at > now ? { level, at: now, blockedUntil } : state,
        verdict: {
          allowed,
          remaining: allowed ? Math.max(0, Math.floor(capacity - level + tolerance)) : 0,
          resetUs: Math.max(drainedUs, blockedUntil - now),
          retryUs: allowed ? 0 : Math.max(blockedUntil - now, Math.ceil((level - capacity + 1) / rate)),
          waitUs: allowed ? turnUs : 0,
        },
      }
    },
    args: [capacity, rate, block],
    lua: {
      open: `
local capacity, rate, block = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local level, blockedUntil, reset, isNew = 0, 0, 0, false
local stored = redis.call('GET', KEYS[1])
if stored then
  local held, since, till = string.match(stored, '(%S+) (%S+) (%S+)')
  local at = tonumber(since)
  level = math.max(0, tonumber(held) - (now - math.min(at, now)) * rate)
  blockedUntil = math.min(tonumber(till), now + block)
  -- Within a block nothing changes, unless the clock was set back.
  isNew = at > now
end
`,
      step: `
local blocked = blockedUntil > now
local allowed = not blocked and level <= capacity - 1 + ${tolerance}
if not blocked then
  isNew = true
  if not allowed then blockedUntil = now + block end
end
local turn = math.ceil(level / rate)
if allowed then level = level + 1 end
reset = math.max(math.ceil(level / rate), blockedUntil - now)
if allowed then answer(1, math.max(0, math.floor(capacity - level + ${tolerance})), reset, 0, turn)
else answer(0, 0, reset, math.max(blockedUntil - now, math.ceil((level - capacity + 1) / rate)), 0) end
`,
      close: `
if isNew then redis.call('SET', KEYS[1], string.format('%.17g %.0f %.0f', level, now, blockedUntil), 'PX', math.ceil(reset / 1000) + 1000) end
`,
    },
  }
}

import type { Algorithm } from '../limit-store.ts'

export interface TokenBucketState {
  readonly tokens: number
  readonly at: number
}

// Refilling in fractions leaves 0.9999999999999999 where a token is due: without tolerance, who comes back on the microsecond is refused.
const tolerance = 1e-9

/** `capacity` requests at once, `refillPerSecond` in the long run. */
export function tokenBucket(capacity: number, refillPerSecond: number): Algorithm<TokenBucketState> {
  const rate = refillPerSecond / 1e6
  return {
    name: 'token-bucket',
    limit: capacity,
    size: 2,
    step(state, now) {
      let tokens = capacity
      if (state !== undefined) tokens = Math.min(capacity, state.tokens + (now - Math.min(state.at, now)) * rate)
      const allowed = tokens >= 1 - tolerance
      if (allowed) tokens = Math.max(0, tokens - 1)
      const retryUs = allowed ? 0 : Math.ceil((1 - tokens) / rate)
      return {
        // As in Redis: a bucket that refilled in a thousand small steps would differ from one that did in one.
        state: state === undefined || allowed || state.at > now ? { tokens, at: now } : state,
        verdict: { allowed, remaining: Math.floor(tokens + tolerance), resetUs: Math.ceil((capacity - tokens) / rate), retryUs, waitUs: 0 },
      }
    },
    args: [capacity, rate],
    lua: {
      open: `
local capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens, reset, isNew = capacity, 0, false
local stored = redis.call('GET', KEYS[1])
if stored then
  local held, since = string.match(stored, '(%S+) (%S+)')
  local at = tonumber(since)
  tokens = math.min(capacity, tonumber(held) + (now - math.min(at, now)) * rate)
  -- A refusal is not worth a write, unless the clock was set back: the bucket would not refill until it has caught up.
  isNew = at > now
end
`,
      step: `
local allowed = tokens >= 1 - ${tolerance}
local retry = 0
if allowed then tokens, isNew = math.max(0, tokens - 1), true else retry = math.ceil((1 - tokens) / rate) end
reset = math.ceil((capacity - tokens) / rate)
answer(allowed and 1 or 0, math.floor(tokens + ${tolerance}), reset, retry, 0)
`,
      close: `
if isNew then redis.call('SET', KEYS[1], string.format('%.17g %.0f', tokens, now), 'PX', math.ceil(reset / 1000) + 1000) end
`,
    },
  }
}

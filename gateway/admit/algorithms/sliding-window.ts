import type { Algorithm } from '../limit-store.ts'

/** When the requests of the last window were let in, oldest first. Kept in place: a copy per request would cost as much as the limit is high. */
export interface SlidingWindowState {
  readonly log: number[]
}

/**
 * At most `limit` requests in any stretch of `windowMs`. An exact log: a weighted count of two fixed windows, the usual saving, guesses
 * how the previous window was filled and lets in more or fewer than the limit when it guesses wrong.
 */
export function slidingWindow(limit: number, windowMs: number): Algorithm<SlidingWindowState> {
  const window = windowMs * 1000
  return {
    name: 'sliding-window',
    limit,
    size: limit,
    step(state, now) {
      const log = state?.log ?? []
      for (let last = log.length - 1; last >= 0 && (log[last] ?? 0) > now; last--) log[last] = now
      const kept = log.findIndex((time) => time > now - window)
      log.splice(0, kept === -1 ? log.length : kept)
      // The limit may have been lowered under a log that is already longer.
      const full = log[log.length - limit]
      if (full === undefined) log.push(now)
      return {
        state: { log },
        verdict: {
          allowed: full === undefined,
          remaining: Math.max(0, limit - log.length),
          resetUs: (log.at(-1) ?? now) + window - now,
          retryUs: full === undefined ? 0 : full + window - now,
          waitUs: 0,
        },
      }
    },
    args: [limit, window],
    // A list, not the sorted set of most such scripts: a tenth of the memory, and two requests of one microsecond are two. The entries
    // are in order, so those that have left the window are found by halving.
    lua: {
      open: `
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local function at(index) return tonumber(redis.call('LINDEX', KEYS[1], index)) end
local count = redis.call('LLEN', KEYS[1])
-- Only when the clock was set back: what would lie in the future for as long as that is counted as of now.
for index = count - 1, 0, -1 do
  if at(index) <= now then break end
  redis.call('LSET', KEYS[1], index, now)
end
local gone, kept = 0, count
while gone < kept do
  local middle = math.floor((gone + kept) / 2)
  if at(middle) > now - window then kept = middle else gone = middle + 1 end
end
if gone > 0 then redis.call('LTRIM', KEYS[1], gone, -1) end
count = count - gone
local isNew = false
`,
      step: `
if count >= limit then
  answer(0, 0, at(-1) + window - now, at(-limit) + window - now, 0)
else
  redis.call('RPUSH', KEYS[1], now)
  count, isNew = count + 1, true
  answer(1, limit - count, window, 0, 0)
end
`,
      close: `
if isNew then redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000) end
`,
    },
  }
}

const imfFixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * The wait that `Retry-After` asks for in milliseconds, or undefined when it says nothing usable. Only the two forms of
 * RFC 9110 are read: `Date.parse` alone takes "-3" and "1.5" for years, which turns garbage into a wait of decades.
 */
export function parseRetryAfter(value: string | readonly string[] | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined
  // A duplicated header is a proxy's doing; the longest wait offends nobody.
  const waits = (typeof value === 'string' ? [value] : value).map((one) => parseOne(one.trim(), now)).filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : Math.max(...waits)
}

function parseOne(value: string, now: number): number | undefined {
  if (/^\d{1,15}$/.test(value)) return Number(value) * 1000
  if (!imfFixdate.test(value)) return undefined
  const date = Date.parse(value)
  return Number.isNaN(date) || date <= now ? undefined : date - now
}

/** The value to hand on to a caller: whole seconds, rounded up, so that nobody comes back too early. */
export function formatRetryAfter(ms: number): string {
  return String(Math.max(1, Math.ceil(ms / 1000)))
}

import type { Config } from '../config.ts'

export type Scrub = (text: string) => string

const limit = 1_000
const keyLike = /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{6,}|\bBearer\s+[^\s"',;]+/gi

/**
 * Makes the filter that every upstream text passes before a caller or the log sees it: upstream keys, URLs and hosts
 * become `[redacted]`, and the length is capped. An upstream may well quote the key it was called with.
 */
export function createScrub(upstreams: Config['upstreams']): Scrub {
  const secrets = new Set<string>()
  for (const { baseURL, apiKey } of Object.values(upstreams)) {
    const url = new URL(baseURL)
    for (const secret of [apiKey, baseURL, url.origin, url.host, url.hostname]) {
      if (secret !== undefined && secret.length > 3) secrets.add(secret)
    }
  }
  // Longest first: replacing the host name first would leave `https://` and the port of the URL behind.
  const known = [...secrets].sort((a, b) => b.length - a.length).map((secret) => secret.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`))
  const pattern = known.length === 0 ? undefined : new RegExp(known.join('|'), 'gi')
  return (text) => {
    const capped = text.length > limit ? `${text.slice(0, limit)}…` : text
    // Redact before the cut as well: half a key at the cut would no longer match.
    const clean = (pattern === undefined ? text : text.replace(pattern, '[redacted]')).replace(keyLike, '[redacted]')
    return clean === text ? capped : clean.length > limit ? `${clean.slice(0, limit)}…` : clean
  }
}

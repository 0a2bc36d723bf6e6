import type { ClientRecord } from '../../schemas/evidence.ts'

/** Until when the latest Retry-After in seconds among the answers to one label holds its caller, on the harness's clock; undefined where none has one. */
export const askedToWaitUntil = (records: readonly ClientRecord[], label: string): number | undefined => {
  const asked = new Set<string>()
  let latest: { t: number; until: number } | undefined
  for (const r of records) {
    if (r.kind === 'request' && r.window === 'fault' && r.label === label) asked.add(r.nonce)
    if (r.kind !== 'head' || !asked.has(r.nonce)) continue
    const seconds = r.headers.find(([name]) => name.toLowerCase() === 'retry-after')?.[1] ?? ''
    if (/^\d/.test(seconds) && (latest === undefined || r.t >= latest.t)) latest = { t: r.t, until: r.t + Number.parseFloat(seconds) * 1000 }
  }
  return latest?.until
}

/** Response headers by name, as the document describes them. */
export const headers = {
  'x-request-id': { description: 'Id of the request, for questions about it.', schema: { type: 'string' } },
  'x-gauntlet-upstream': { description: 'The upstream that answered.', schema: { type: 'string' } },
  'x-gauntlet-attempts': { description: 'Upstream calls it took.', schema: { type: 'integer' } },
  'x-gauntlet-model': { description: 'The model that answered, which may be another than the asked one.', schema: { type: 'string' } },
  'x-gauntlet-degraded': { description: 'What was done for want of a better answer.', schema: { type: 'string' } },
  'x-cache': { description: 'What the cache did, where there is one.', schema: { type: 'string' } },
  'x-ratelimit-limit': { description: 'Requests that are let in at once, or in a window; where there is such a limit.', schema: { type: 'integer' } },
  'x-ratelimit-remaining': { description: 'Of those, how many are left.', schema: { type: 'integer' } },
  'x-ratelimit-reset': { description: 'Seconds until all are there again.', schema: { type: 'integer' } },
  location: { description: 'Where the job is.', schema: { type: 'string' } },
  'retry-after': { description: 'Seconds after which another try makes sense.', schema: { type: 'integer' } },
  'www-authenticate': { description: '`Bearer`.', schema: { type: 'string' } },
}

export type HeaderName = keyof typeof headers

/** Those that say how an answer came about. */
export const labels = ['x-gauntlet-upstream', 'x-gauntlet-attempts', 'x-gauntlet-model', 'x-gauntlet-degraded', 'x-cache'] as const
export const limits = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'] as const

/** References to them for one response. */
export function withHeaders(...names: readonly HeaderName[]): { readonly headers: object } {
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }
}

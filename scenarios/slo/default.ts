/** The promises a release is held to. Requests refused by policy (401, 403, 429, content policy) are in none of them. */
export const defaultObjectives = [
  { id: 'availability', title: 'Requests answered properly', sli: 'availability', atLeast: 0.995 },
  { id: 'latency', title: 'Answered within 4 s', sli: 'latency', share: 0.95, withinMs: 4000 },
  { id: 'errors', title: 'Errors outside policy', sli: 'errors', atMost: 0.02 },
] as const

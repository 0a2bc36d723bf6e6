import { expect, test } from 'vitest'
import { createScrub } from './scrub.ts'

const scrub = createScrub({ up: { baseURL: 'https://llm.internal.example:8443/v1', apiKey: 'k+y.$pecial', engine: 'openai-compatible' } })

test.each([
  ['connect to https://llm.internal.example:8443/v1/chat failed', 'connect to [redacted]/chat failed'],
  ['host LLM.internal.example is down', 'host [redacted] is down'],
  ['key k+y.$pecial was refused', 'key [redacted] was refused'],
  ['Incorrect API key provided: sk-abcdef123456', 'Incorrect API key provided: [redacted]'],
  ['header was "Bearer abc.def"', 'header was "[redacted]"'],
  ['This model has a limit of 8192 tokens.', 'This model has a limit of 8192 tokens.'],
])('%s', (text, expected) => {
  expect(scrub(text)).toBe(expected)
})

test('caps the length, also with a secret across the cut', () => {
  const text = `${'a'.repeat(995)}k+y.$pecial${'b'.repeat(5_000)}`
  expect(scrub(text).length).toBeLessThanOrEqual(1_001)
  expect(scrub(text)).not.toContain('k+y')
})

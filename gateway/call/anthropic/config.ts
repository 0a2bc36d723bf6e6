import { z } from 'zod'

export const anthropicConfig = z.strictObject({
  /** The `anthropic-version` header. */
  version: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date').default('2023-06-01'),
  /** `max_tokens` of a request that names no limit; the Messages API insists on one. */
  maxTokens: z.int().min(1).default(4_096),
})
export type AnthropicConfig = z.output<typeof anthropicConfig>

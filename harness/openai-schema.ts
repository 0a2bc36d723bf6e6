import { Ajv } from 'ajv'
import type { ValidateFunction } from 'ajv'
import core from '../schemas/openai/core.schema.json' with { type: 'json' }
import strict from '../schemas/openai/strict.schema.json' with { type: 'json' }

export type SchemaLevel = 'core' | 'strict'
export type Entity = 'ChatCompletion' | 'ChatCompletionChunk' | 'EmbeddingList' | 'ModelList' | 'ErrorResponse'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true }).addSchema(core, 'core').addSchema(strict, 'strict')
const compiled = new Map<string, ValidateFunction>()

/** The first violation of OpenAI's schema at one level, with its path; null when the value is valid. */
export const violations = (level: SchemaLevel, entity: Entity, value: unknown): string | null => {
  const ref = `${level}#/definitions/${entity}`
  let validate = compiled.get(ref)
  if (!validate) compiled.set(ref, (validate = ajv.compile({ $ref: ref })))
  if (validate(value)) return null
  const [first] = validate.errors ?? []
  const more = (validate.errors?.length ?? 1) - 1
  return `${first?.instancePath || 'the body'} ${first?.message ?? 'is not valid'}${more > 0 ? `, and ${more} more` : ''}`
}

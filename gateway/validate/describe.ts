import { z } from 'zod'

/** What a caller may send for a type, as JSON Schema 2020-12. What zod cannot express must stand in its `meta`. */
export function describeInput(type: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any', override: tidy })
  return schema
}

/** What the gateway answers with for a type, as JSON Schema 2020-12; types of the registry become references below `base`. */
export function describeOutputs(types: Parameters<typeof z.toJSONSchema>[0] & z.core.$ZodRegistry<{ id?: string | undefined }>, base: string): Record<string, z.core.JSONSchema.BaseSchema> {
  const { schemas } = z.toJSONSchema(types, { io: 'output', uri: (id) => base + id, override: tidy })
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema: _dialect, $id: _id, ...schema }]) => [id, schema]))
}

// `{}` says the same as `true`, but generators of clients and readers of documents look for the latter.
function tidy({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { additionalProperties: more } = jsonSchema
  if (typeof more === 'object' && Object.keys(more).length === 0) jsonSchema.additionalProperties = true
  if (jsonSchema.maxItems === Number.MAX_SAFE_INTEGER) delete jsonSchema.maxItems
}

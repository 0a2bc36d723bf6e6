import { readFileSync } from 'node:fs'
import { z } from 'zod'

const reference = z.union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })])

/**
 * A secret in a config: the text itself, or where it lies: `{"env": "NAME"}`, `{"file": "/run/secrets/name"}`. A config without a secret in it can
 * be committed, mounted and built into an image. Read once, when the config is parsed.
 */
export const secret = z.union([z.string().min(1), reference]).transform((value, context): string => {
  const found = typeof value === 'string' ? value : read(value)
  if (found !== undefined && found !== '') return found
  const from = typeof value === 'string' ? '' : 'env' in value ? `the environment variable ${value.env} is not set` : `the file ${value.file} cannot be read, or is empty`
  context.addIssue({ code: 'custom', message: from })
  return z.NEVER
})

function read(place: z.output<typeof reference>): string | undefined {
  if ('env' in place) return process.env[place.env]
  try {
    // Editors and `kubectl create secret --from-file` leave a line end that is no part of the key.
    return readFileSync(place.file, 'utf8').trim()
  } catch {
    return undefined
  }
}

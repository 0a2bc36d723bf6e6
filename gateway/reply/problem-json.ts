import { registry } from '../errors.ts'
import type { FieldError, GatewayError } from '../errors.ts'

/** An error as RFC 9457 has it, with `code`, `requestId` and `errors` as extension members. */
export interface Problem {
  /** `urn:gauntlet:error:` and the id of the error in the registry. */
  readonly type: string
  /** The same for every occurrence of the type. */
  readonly title: string
  readonly status: number
  readonly detail: string
  /** `urn:gauntlet:request:` and the request id. */
  readonly instance: string
  /** As in OpenAI's dialect; null for errors that have none there. */
  readonly code: string | null
  readonly requestId: string
  /** Every field that is known to be wrong; absent when none is. */
  readonly errors?: readonly FieldError[]
}

/** The problem document of an error, for the status that it is sent with. */
export function problemOf(error: GatewayError, status: number, requestId: string): Problem {
  const fields = error.fields.length > 0 || error.param === null ? error.fields : [{ field: error.param, message: error.message, code: error.code ?? error.type }]
  return {
    type: `urn:gauntlet:error:${error.id}`,
    title: registry[error.id].message,
    status,
    detail: error.message,
    instance: `urn:gauntlet:request:${requestId}`,
    code: error.code,
    requestId,
    ...(fields.length > 0 ? { errors: fields } : {}),
  }
}

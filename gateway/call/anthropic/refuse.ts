import { UpstreamError } from '../../errors.ts'

/** A 400 for what cannot be said to this upstream. Nobody was called: no attempt, nothing for the breaker, but another entry of the chain may know the words. */
export function refuse(param: string, what = `'${param}' with this value`): UpstreamError {
  return new UpstreamError('unsupported', 'GW_ERR_INVALID_REQUEST', { message: `${what} cannot be used with this model.`, code: 'unsupported_value', param })
}

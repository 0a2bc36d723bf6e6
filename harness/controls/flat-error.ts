import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'flat-error',
  defect: 'Leaves the error object out of the envelope.',
  breaks: ['core.auth.missing-key-401', 'core.auth.wrong-key-401', 'core.request.malformed-json-400', 'core.request.unknown-model-404', 'error.map.400', 'error.map.404', 'error.map.429', 'error.map.500', 'error.map.503'],
  patch: {
    errorBody: (failure) => ({ type: 'application/json', text: JSON.stringify(failure.envelope().error) }),
  },
})

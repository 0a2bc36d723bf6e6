import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'html-error',
  defect: "Answers its own and the upstream's 5xx with an HTML page.",
  breaks: ['error.map.500', 'error.map.503', 'fault.upstream.refused', 'fault.upstream.fin-before-head', 'fault.upstream.hang-before-head'],
  patch: {
    errorBody: (failure) =>
      failure.status < 500 ? honest.errorBody(failure) : { type: 'text/html', text: `<html><body><h1>${failure.status}</h1></body></html>` },
  },
})

import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

const WAIT_MS = 400

export default defineControl({
  name: 'breaker-sheds-slowly',
  defect: 'Lets callers wait before it refuses them for an open breaker.',
  breaks: ['breaker.sheds-fast'],
  patch: {
    takeOver(failure, _call, res) {
      if (failure.origin !== 'open') return false
      setTimeout(() => res.writeHead(failure.status, { ...honest.errorHeaders(failure), 'content-type': 'application/json' }).end(JSON.stringify(failure.envelope())), WAIT_MS)
      return true
    },
  },
})

import { defineControl } from './proxy/control.ts'
import { Failure } from './proxy/failure.ts'

export default defineControl({
  name: 'liar-404',
  defect: 'Answers everything with a perfect 404.',
  breaks: ['every check on content'],
  patch: {
    intercept(_req, res) {
      const failure = new Failure({ origin: 'caller', status: 404, message: 'Not found.', code: 'not_found' })
      res.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(failure.envelope()))
      return true
    },
  },
})

import { defineControl } from './proxy/control.ts'
import { Failure } from './proxy/failure.ts'

let requests = 0

export default defineControl({
  name: 'errs-5-percent',
  defect: 'Fails every twentieth completion: too rare for one request per fault, not for a load profile.',
  breaks: ['slo.availability', 'slo.errors'],
  patch: {
    intercept(req, res) {
      if (req.method !== 'POST' || ++requests % 20 !== 0) return false
      const failure = new Failure({ origin: 'status', status: 500, message: 'Something went wrong.' })
      res.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify(failure.envelope()))
      return true
    },
  },
})

import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'liar-empty-200',
  defect: 'Answers everything with 200 and an empty object.',
  breaks: ['every check on content'],
  patch: {
    intercept(_req, res) {
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      return true
    },
  },
})

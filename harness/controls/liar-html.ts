import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'liar-html',
  defect: 'Answers everything with 200 and an HTML page.',
  breaks: ['every check on content'],
  patch: {
    intercept(_req, res) {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html><body>It works!</body></html>')
      return true
    },
  },
})

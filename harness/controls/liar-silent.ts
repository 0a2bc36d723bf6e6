import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'liar-silent',
  defect: 'Accepts everything and never answers.',
  breaks: ['every check on content'],
  patch: {
    intercept(req) {
      req.resume()
      return true
    },
  },
})

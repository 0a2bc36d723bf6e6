import { sendCanned } from './proxy/canned.ts'
import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'swallow-500-as-200',
  defect: 'Answers an upstream failure with an apology as a good completion.',
  breaks: ['error.map.500', 'error.map.503', 'error.html-upstream', 'fault.upstream.refused', 'fault.upstream.fin-before-head', 'fault.upstream.hang-before-head'],
  patch: {
    takeOver(failure, call, res) {
      if (failure.status < 500) return false
      sendCanned(res, call.path, call.stream, 'Sorry, something went wrong. Please try again later.')
      return true
    },
  },
})

import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'reset-on-upstream-error',
  defect: 'Drops the connection when the upstream cannot be reached or stays silent.',
  breaks: ['fault.upstream.refused', 'fault.upstream.fin-before-head', 'fault.upstream.hang-before-head', 'net.reset-peer', 'net.timeout'],
  patch: {
    takeOver(failure, _call, res) {
      if (failure.origin !== 'connect' && failure.origin !== 'timeout') return false
      res.destroy()
      return true
    },
  },
})

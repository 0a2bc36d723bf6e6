import { defineControl } from './proxy/control.ts'
import { frame, openSink } from './proxy/sink.ts'

export default defineControl({
  name: 'unbounded-buffer',
  defect: 'Reads the upstream as fast as it can, whether the caller reads or not.',
  breaks: ['a caller who does not read holds the upstream'],
  patch: {
    sink(res, headers, patience) {
      const sink = openSink(res, headers, patience)
      return {
        ...sink,
        async write(data) {
          res.write(frame(data))
        },
      }
    },
  },
})

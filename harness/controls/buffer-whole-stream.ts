import { defineControl } from './proxy/control.ts'
import { openSink, type Sink } from './proxy/sink.ts'

export default defineControl({
  name: 'buffer-whole-stream',
  defect: 'Collects the whole stream and sends it at its end.',
  breaks: ['chat.stream.incremental'],
  patch: {
    sink(res, headers, patience) {
      const held: string[] = []
      const open = (): Sink => openSink(res, headers, patience)
      return {
        async write(data) {
          held.push(data)
        },
        end: (last) => open().end([...held, ...last]),
        fail(failure) {
          const sink = open()
          for (const data of held) void sink.write(data)
          sink.fail(failure)
        },
      }
    },
  },
})

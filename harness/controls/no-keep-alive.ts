import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'no-keep-alive',
  defect: 'Is silent for as long as the upstream is.',
  breaks: ['chat.stream.keep-alive'],
  patch: { keepAliveMs: () => Number.POSITIVE_INFINITY },
})

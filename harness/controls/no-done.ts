import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'no-done',
  defect: 'Never sends [DONE].',
  breaks: ['chat.stream.done-once'],
  patch: {
    done: [],
  },
})

import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'done-twice',
  defect: 'Sends [DONE] twice.',
  breaks: ['chat.stream.done-once'],
  patch: {
    done: ['[DONE]', '[DONE]'],
  },
})

import { defineControl } from './proxy/control.ts'
import { setTimeout } from 'node:timers/promises'

// A lone stream always finds its own chunk again; two in the same window do not.
const WINDOW_MS = 5
let latest = ''

export default defineControl({
  name: 'crosstalk-under-load',
  defect: 'Keeps the chunk at hand in a variable that all streams share.',
  breaks: ['iso.concurrent.no-crosstalk'],
  patch: {
    async payload(text, call) {
      if (!call.stream) return text
      latest = text
      await setTimeout(WINDOW_MS)
      return latest
    },
  },
})

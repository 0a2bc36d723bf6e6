import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'nospace-not-parsed',
  defect: 'Knows a data line only with a blank after the colon.',
  breaks: ['the blank after the colon is optional'],
  patch: {
    dataLine: (line) => (line.startsWith('data: ') ? line.slice(6) : null),
  },
})

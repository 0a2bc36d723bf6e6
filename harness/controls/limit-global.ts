import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'limit-global',
  defect: 'Refuses everybody while one key is over its limit.',
  breaks: ['limit.per-key'],
  patch: {
    counts: (caller) => (caller === 'limited' ? 'takes' : 'looks'),
  },
})

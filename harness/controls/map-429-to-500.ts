import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'map-429-to-500',
  defect: 'Turns a 429 into a 500.',
  breaks: ['error.map.429', 'error.retry-after.forwarded'],
  patch: {
    mapStatus: ({ status }) => (status === 429 ? 500 : status),
  },
})

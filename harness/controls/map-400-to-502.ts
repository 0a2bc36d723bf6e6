import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'map-400-to-502',
  defect: "Turns the upstream's 400 into a 502.",
  breaks: ['error.map.400'],
  patch: {
    mapStatus: ({ status, upstreamStatus }) => (upstreamStatus === 400 ? 502 : status),
  },
})

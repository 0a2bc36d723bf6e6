import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'upstream-401-passed',
  defect: "Blames the caller's key when the upstream refuses the gateway's.",
  breaks: ['an upstream 401 does not blame the caller'],
  patch: {
    mapStatus: ({ status, upstreamStatus }) => (upstreamStatus === 401 || upstreamStatus === 403 ? upstreamStatus : status),
  },
})

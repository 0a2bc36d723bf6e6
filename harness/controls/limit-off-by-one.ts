import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'limit-off-by-one',
  defect: 'Lets one request more in than the limit says.',
  breaks: ['limit.burst-exact'],
  patch: {
    limitRule: (rule) => ({ ...rule, least: 0 }),
  },
})

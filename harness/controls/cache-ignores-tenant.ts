import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'cache-ignores-tenant',
  defect: 'Gives the answer that one tenant got to another.',
  breaks: ['cache.isolation.tenant'],
  patch: { cacheKey: (call) => honest.cacheKey({ ...call, caller: 'caller' }) },
})

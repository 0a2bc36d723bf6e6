import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'cache-ignores-no-store',
  defect: 'Keeps answers whose callers asked it not to.',
  breaks: ['cache.no-store'],
  patch: { cacheKey: (call) => honest.cacheKey({ ...call, headers: {} }) },
})

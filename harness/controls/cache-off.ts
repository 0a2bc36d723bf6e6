import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'cache-off',
  defect: 'Claims a cache and asks the upstream every time.',
  breaks: ['cache.exact.hit', 'cache.exact.stream'],
  patch: { cacheKey: () => null },
})

import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'retry-without-jitter',
  defect: 'Backs off by the same time in every call.',
  breaks: ['callers who fail together do not retry together'],
  patch: {
    backoffMs: (attempt, { backoffBaseMs, backoffCapMs }) => Math.min(backoffCapMs, backoffBaseMs * 2 ** attempt),
  },
})

import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'cache-keeps-errors',
  defect: 'Keeps errors of the upstream as it keeps answers.',
  breaks: ['cache.never.errors'],
  patch: { keeps: (failure) => failure === null || failure.origin === 'status' },
})

import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'cache-keeps-cut-streams',
  defect: 'Keeps what it got of a stream that was cut, as if that were all of it.',
  breaks: ['cache.never.truncated'],
  patch: { keeps: (failure) => failure === null || failure.origin === 'cut' },
})

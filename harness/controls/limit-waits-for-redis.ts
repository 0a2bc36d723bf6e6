import { defineControl } from './proxy/control.ts'

const MINUTE = 60_000

export default defineControl({
  name: 'limit-waits-for-redis',
  defect: 'Lets every request wait for a slow count.',
  breaks: ['limit.redis-slow'],
  patch: {
    limit: (phase, ms) => (phase === 'redis' ? MINUTE : ms),
  },
})

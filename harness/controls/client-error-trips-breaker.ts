import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'client-error-trips-breaker',
  defect: 'Counts a 4xx as an upstream failure.',
  breaks: ['breaker.immune.client-errors'],
  patch: {
    trips: (failure) => failure.upstreamStatus !== null || honest.trips(failure),
  },
})

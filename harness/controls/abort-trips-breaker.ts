import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'abort-trips-breaker',
  defect: 'Counts callers who leave as upstream failures.',
  breaks: ['callers who leave do not open the breaker'],
  patch: {
    trips: (failure) => failure.origin === 'abort' || honest.trips(failure),
  },
})

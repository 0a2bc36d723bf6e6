import type { Answer } from '../call/attempt.ts'
import type { Coalescing } from '../policies.ts'
import type { Turn } from '../turn.ts'
import { termsOf } from './cache-control.ts'
import { requestKey } from './cache-key.ts'
import { Flight } from './flight.ts'
import type { FlightLimits } from './flight.ts'

const usual: FlightLimits = { joinCharacters: 65_536, lagCharacters: 1_048_576 }

/** Makes the policy that answers requests of one tenant which are the same, and in flight at the same time, with one upstream call. */
export function createCoalescing(limits: FlightLimits = usual): Coalescing {
  const flights = new Map<string, Flight>()

  function flightOf(key: string, turn: Turn, obtain: (turn: Turn) => Promise<Answer>): Flight {
    const flight = new Flight(turn, obtain, limits, () => {
      if (flights.get(key) === flight) flights.delete(key)
    })
    flights.set(key, flight)
    return flight
  }

  return {
    async share(turn, obtain) {
      turn.scope.signal.throwIfAborted()
      const key = termsOf(turn).share ? requestKey(turn) : undefined
      if (key === undefined) return obtain(turn)
      // The name as well: `auto` may fall back to more than the model it chose, and must not fail with those who may not.
      const named = key + turn.model.name
      return (flights.get(named) ?? flightOf(named, turn, obtain)).join(turn)
    },
  }
}

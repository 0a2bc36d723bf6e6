import type { Answer } from '../call/attempt.ts'
import type { Coalescing } from '../policies.ts'
import type { Turn } from '../turn.ts'
import { termsOf } from './cache-control.ts'
import { requestKey } from './cache-key.ts'
import { Flight } from './flight.ts'
import type { FlightLimits } from './flight.ts'

const usual: FlightLimits = { joinCharacters: 65_536, lagCharacters: 1_048_576 }

interface Place {
  flight: Flight | undefined
}
type Places = Map<string, Place>

/** Makes the policy that answers requests of one tenant which are the same, and in flight at the same time, with one upstream call. */
export function createCoalescing(limits: FlightLimits = usual): Coalescing {
  // In places that are emptied when they are given up: the tables that a Map grows out of keep what was in them for as long as they last.
  // By the name of the model first: `auto` may fall back to more than the model it chose, and must not fail with those who may not.
  const models = new Map<string, Places>()

  function placesOf({ model: { name } }: Turn): Places {
    let places = models.get(name)
    if (places === undefined) models.set(name, places = new Map())
    return places
  }

  function flightOf(places: Places, key: string, turn: Turn, obtain: (turn: Turn) => Promise<Answer>): Flight {
    const place: Place = { flight: undefined }
    const flight = new Flight(turn, obtain, limits, () => {
      place.flight = undefined
      if (places.get(key) === place) places.delete(key)
    })
    place.flight = flight
    places.set(key, place)
    return flight
  }

  return {
    share(turn, obtain) {
      if (turn.scope.isOver) return Promise.reject(turn.scope.reason as Error)
      const key = termsOf(turn).share ? requestKey(turn) : undefined
      if (key === undefined) return obtain(turn)
      const places = placesOf(turn)
      return (places.get(key.name)?.flight ?? flightOf(places, key.name, turn, obtain)).join(turn)
    },
  }
}

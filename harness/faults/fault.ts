import type { z } from 'zod'
import type { Claims } from '../../schemas/claims.ts'
import type { Amount, FaultData } from '../scenario.ts'
import type { Script } from '../upstream/script.ts'

/** A toxic as Toxiproxy's API takes it. Toxicity is 1 (always) or 0 (only arms the close, see reset-peer and cut). */
export interface Toxic {
  type: 'latency' | 'bandwidth' | 'slicer' | 'reset_peer' | 'timeout' | 'slow_close' | 'limit_data'
  stream: 'upstream' | 'downstream'
  toxicity: 0 | 1
  attributes: Record<string, number>
}

/** What a fault does, in one of three places: the upstream's script, a toxic on an edge, or an edge that refuses connections. */
export interface Effect {
  /** Scripts for the first attempts; `rest` for all later ones. */
  attempts?: Script[]
  rest?: Script
  toxics?: Toxic[]
  /** The edge stops listening. */
  down?: boolean
}

/** One kind of disturbance. `describe` is the sentence that reports print. */
export interface FaultKind<P extends z.ZodType = z.ZodType> {
  kind: string
  params: P
  describe: (params: z.infer<P>) => string
  /** Numbers that follow a claim are resolved here, against the target's own. */
  effect: (params: z.infer<P>, claims: Claims) => Effect
}

/** Declares a kind and gives the function that scenarios call to get its data. */
export const defineFault = <P extends z.ZodType>(definition: FaultKind<P>): FaultKind<P> => definition

/** The data of one fault on a lane, its parameters checked when the scenario file is loaded. */
export const faultData = <P extends z.ZodType>(kind: FaultKind<P>, params: z.input<P>, lane: FaultData['lane'] = 'primary'): FaultData => ({
  ...(kind.params.parse(params) as Record<string, unknown>),
  kind: kind.kind,
  lane,
})

/** An amount in words. */
export const amountText = (amount: Amount): string => (typeof amount === 'number' ? `${amount} ms` : `${amount.times ?? 1} × the claimed ${amount.claim}${amount.plus ? ` + ${amount.plus} ms` : ''}`)

/** Repeats one script for the first `times` attempts, or for all. */
export const times = (script: Script, count: number | 'all'): Effect => (count === 'all' ? { rest: script } : { attempts: Array.from({ length: count }, () => script) })

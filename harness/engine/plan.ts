import type { Claims } from '../../schemas/claims.ts'
import { faultEffect } from '../faults/index.ts'
import type { Effect } from '../faults/fault.ts'
import type { FaultData, Scenario } from '../scenario.ts'
import type { Plan } from '../upstream/script.ts'
import type { Lane } from '../upstream/upstream.ts'

export interface PlannedFault {
  data: FaultData
  sentence: string
  effect: Effect
  labels: readonly string[] | undefined
}

/** The faults of a scenario with what each does. */
export const plannedFaults = (scenario: Pick<Scenario, 'faults'>, claims: Claims): PlannedFault[] =>
  scenario.faults.map(({ fault, labels }) => ({ data: fault, labels, ...faultEffect(fault, claims) }))

export const isScripted = (fault: PlannedFault): boolean => fault.effect.attempts !== undefined || fault.effect.rest !== undefined
/** A toxic of toxicity 0 only arms the close of connections that open later, so it goes in before everything else. */
export const arming = (fault: PlannedFault) => (fault.effect.toxics ?? []).filter((t) => t.toxicity === 0)
export const biting = (fault: PlannedFault) => (fault.effect.toxics ?? []).filter((t) => t.toxicity === 1)

/** What happens to a request with this label, lane by lane; the first fault that names a lane decides it. */
export const plansFor = (faults: readonly PlannedFault[], label: string): Partial<Record<Lane, Plan>> => {
  const plans: Partial<Record<Lane, Plan>> = {}
  for (const fault of faults) {
    const lane = fault.data.lane
    if (!isScripted(fault) || (lane !== 'primary' && lane !== 'secondary')) continue
    if (fault.labels !== undefined && !fault.labels.includes(label)) continue
    plans[lane] ??= { attempts: fault.effect.attempts ?? [], rest: fault.effect.rest ?? {} }
  }
  return plans
}

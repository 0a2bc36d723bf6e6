import { beforeHead } from './before-head.ts'
import { cut } from './cut.ts'
import { down } from './down.ts'
import type { Effect, FaultKind } from './fault.ts'
import { shape } from './shape.ts'
import { status } from './status.ts'
import { toxic } from './toxic.ts'
import type { Claims } from '../../schemas/claims.ts'
import type { FaultData } from '../scenario.ts'

/** Every kind of fault by the name of its file. */
export const faults: Record<string, FaultKind> = {
  'before-head': beforeHead,
  cut,
  down,
  shape,
  status,
  toxic,
}

/** What a fault does, and its sentence. Throws on a kind or parameters that do not exist. */
export const faultEffect = (data: FaultData, claims: Claims): { effect: Effect; sentence: string } => {
  const { kind, lane, ...params } = data
  const found = faults[kind]
  if (!found) throw new TypeError(`No fault is called ${JSON.stringify(kind)}.`)
  const parsed = found.params.parse(params)
  return { effect: found.effect(parsed, claims), sentence: `${found.describe(parsed)} (${lane})` }
}

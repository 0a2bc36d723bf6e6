import { smoke } from './smoke.ts'

/** Load profiles by the name that `gauntlet slo --profile` takes. */
export const profiles = { smoke } as const

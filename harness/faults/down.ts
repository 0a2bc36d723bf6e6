import { z } from 'zod'
import type { FaultData } from '../scenario.ts'
import { defineFault, faultData } from './fault.ts'

export const down = defineFault({
  kind: 'down',
  params: z.strictObject({}),
  describe: () => 'connections are refused',
  effect: () => ({ down: true }),
})

/** An edge refuses connections, as a stopped server does. */
export const refuseConnections = (lane?: FaultData['lane']): FaultData => faultData(down, {}, lane)

import { z } from 'zod'
import type { FaultData } from '../scenario.ts'
import { defineFault, faultData } from './fault.ts'

export const toxic = defineFault({
  kind: 'toxic',
  params: z.strictObject({
    type: z.enum(['latency', 'bandwidth', 'slicer', 'reset_peer', 'timeout', 'slow_close', 'limit_data']),
    stream: z.enum(['upstream', 'downstream']).default('downstream'),
    attributes: z.record(z.string(), z.number()).default({}),
  }),
  describe: (p) => `Toxiproxy ${p.type} on the ${p.stream} bytes ${JSON.stringify(p.attributes)}`,
  effect: (p) => ({ toxics: [{ type: p.type, stream: p.stream, toxicity: 1, attributes: p.attributes }] }),
})

/** A toxic on the bytes of one edge. Toxiproxy cannot be seeded, so it is always on while injected. */
export const onTheWire = (params: z.input<typeof toxic.params>, lane?: FaultData['lane']): FaultData => faultData(toxic, params, lane)

import { z } from 'zod'
import { Amount, resolveAmount } from '../scenario.ts'
import type { FaultData } from '../scenario.ts'
import { amountText, defineFault, faultData } from './fault.ts'

const mapValues = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> => Object.fromEntries(Object.entries(record).map(([k, v]) => [k, change(v)]))

export const toxic = defineFault({
  kind: 'toxic',
  params: z.strictObject({
    type: z.enum(['latency', 'bandwidth', 'slicer', 'reset_peer', 'timeout', 'slow_close', 'limit_data']),
    stream: z.enum(['upstream', 'downstream']).default('downstream'),
    attributes: z.record(z.string(), Amount).default({}),
  }),
  describe: (p) => `Toxiproxy ${p.type} on the ${p.stream} bytes ${JSON.stringify(mapValues(p.attributes, (v) => (typeof v === 'number' ? v : amountText(v))))}`,
  effect: (p, claims) => ({ toxics: [{ type: p.type, stream: p.stream, toxicity: 1, attributes: mapValues(p.attributes, (v) => Math.round(resolveAmount(v, claims))) }] }),
})

/** A toxic on the bytes of one edge. Toxiproxy cannot be seeded, so it is always on while injected. */
export const onTheWire = (params: z.input<typeof toxic.params>, lane?: FaultData['lane']): FaultData => faultData(toxic, params, lane)

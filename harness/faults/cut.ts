import { z } from 'zod'
import type { FaultData } from '../scenario.ts'
import { STREAM_ENDS } from '../upstream/script.ts'
import { defineFault, faultData, times } from './fault.ts'
import type { Toxic } from './fault.ts'

/**
 * Toxiproxy turns a reset of one side into an ordinary close of the other. With a reset_peer toxic present when the
 * connection opens it sets SO_LINGER 0 on both sides whatever the toxicity, so toxicity 0 leaves the data alone and makes
 * every close a reset (link.go, `Start`).
 */
const passResetOn: Toxic = { type: 'reset_peer', stream: 'downstream', toxicity: 0, attributes: { timeout: 0 } }

const words: Record<(typeof STREAM_ENDS)[number], string> = {
  fin: 'closes the connection', rst: 'resets the connection', stall: 'falls silent', 'half-event': 'closes in mid-event', 'half-character': 'closes inside a UTF-8 character',
  malformed: 'sends malformed JSON', 'error-event': 'sends an error event',
}

export const cut = defineFault({
  kind: 'cut',
  params: z.strictObject({ afterEvents: z.number().int().nonnegative(), how: z.enum(STREAM_ENDS), times: z.union([z.number().int().positive(), z.literal('all')]).default('all') }),
  describe: (p) => `upstream ${words[p.how]} after event ${p.afterEvents}`,
  effect: (p) => ({
    ...times({ fault: 'cut', stream: { at: { words: p.afterEvents, how: p.how } } }, p.times),
    ...(p.how === 'rst' ? { toxics: [passResetOn] } : {}),
  }),
})

/** The upstream's stream ends badly after some events with words. */
export const cutMidStream = (params: z.input<typeof cut.params>, lane?: FaultData['lane']): FaultData => faultData(cut, params, lane)
/** The upstream closes its socket (FIN) in mid-stream. */
export const closeMidStream = (params: { afterEvents: number }): FaultData => cutMidStream({ ...params, how: 'fin' })
/** The upstream resets its socket (RST) in mid-stream. */
export const resetMidStream = (params: { afterEvents: number }): FaultData => cutMidStream({ ...params, how: 'rst' })

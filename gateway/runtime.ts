import { setFlagsFromString } from 'node:v8'

/**
 * What a process that is a gateway, and nothing else, is started with (`node FLAGS main.ts`).
 *
 * - Its young heap has from the first request the size that it would reach anyway. V8 begins with a sixty-fourth of it and after a lull goes back
 *   there; the first seconds of each rush are then a collection every half second, of streams that have only begun and are all copied each time.
 * - V8 has one helper and not four. A replica has about a core: while the old heap was marked, four helpers left the thread that answers a fifth of it,
 *   for a tenth of a second, and the pause at its end was two or three times as long.
 * - It is not tidied up whenever little is going on. V8's memory reducer takes eight quiet seconds for a chance to collect all and close up the gaps: a pause
 *   of 50 to 80 ms for the streams that come in the middle of it. And the code compiled for streams goes with the last of them, so that the next ones are
 *   a sixth slower for half a minute. The old heap is still collected when it has doubled, in 10 to 20 ms.
 */
export const startFlags = ['--min-semi-space-size=64', '--v8-pool-size=1', '--no-memory-reducer'] as const

/**
 * What it asks of V8 when it runs.
 *
 * - Pretenuring allocates what has often survived a collection among the old objects at once. Of two hundred streams that begin
 *   together everything survives the first collection, so it is decided for what each stream is made of; from then on every stream
 *   leaves old objects behind, dead and not collected for minutes, which keep all the young ones they point to: those are copied twice and
 *   promoted, and the pause is two or three times as long.
 * - The young heap is collected when it is full. V8 does so at four fifths of it, for moments in which a page has nothing to do; a gateway has
 *   none, and pays a fifth more pauses.
 * - The old heap may double before it is collected. V8 takes a gateway, which computes little between two chunks, for a program at rest, and
 *   collects all for every third more: a pause of 10 to 50 ms, and afterwards code to be compiled again.
 */
const flags = ['--no-allocation-site-pretenuring', '--no-minor-gc-task', '--heap-growing-percent=100']

/** Sets them. To be called before the first request. */
export function tuneRuntime(): void {
  for (const flag of flags) setFlagsFromString(flag)
}

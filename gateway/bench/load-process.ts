import { closedLoad, openLoad, streamLoad } from './load.ts'
import { answerParent, collect } from './parent.ts'

/** The load as a process of the benchmark. It listens nowhere. */
const loads = { closedLoad, openLoad, streamLoad, collect }

export type Loads = typeof loads

answerParent(0, loads)

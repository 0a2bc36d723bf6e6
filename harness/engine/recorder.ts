import type { ClientRecord, FaultRecord } from '../../schemas/evidence.ts'
import { now } from '../timing.ts'

type Untimed<R> = R extends unknown ? Omit<R, 't'> : never

/** The client's and the engine's records of one execution, in memory until they are written. */
export class Recorder {
  readonly client: ClientRecord[] = []
  readonly faults: FaultRecord[] = []

  note(record: Untimed<FaultRecord>): void {
    this.faults.push({ t: now(), ...record })
  }
}

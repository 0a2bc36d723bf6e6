import type { ClientRecord, DiaryRecord } from '../../schemas/evidence.ts'
import { now } from '../timing.ts'

type Untimed<R> = R extends unknown ? Omit<R, 't'> : never

/** The client's and the engine's records of one execution, in memory until they are written. */
export class Recorder {
  readonly client: ClientRecord[] = []
  readonly diary: DiaryRecord[] = []

  note(record: Untimed<DiaryRecord>): void {
    this.diary.push({ t: now(), ...record })
  }
}

/** What the scripted upstream does with one attempt. Plain data, so that it can be stored, hashed and shown. */
export interface Script {
  /** Name of the fault that wrote this script; recorded when its disturbance is put on the wire. */
  fault?: string
  beforeHead?: { delayMs?: number; how?: 'hang' | 'fin' | 'rst' }
  status?: number
  headers?: Record<string, string>
  /** Replaces the answer, whatever was asked for. */
  body?: { text: string; type: string }
  stream?: StreamScript
  /** finish_reason of the answer, `stop` unless given. */
  finish?: string
  /** The answer is two tool calls instead of words. */
  tools?: boolean
  /** What the answer says between its nonce and its last characters, piece by piece. */
  says?: string[]
}

export interface StreamScript {
  /** Milliseconds between events. */
  pauseMs?: number
  /** Milliseconds between the role event and the first word. */
  firstWordMs?: number
  /** One pause, after so many events with words. */
  silence?: { afterWords: number; ms: number }
  /** Event k+1 is sent only once the caller has event k. */
  lockstep?: boolean
  /** Legal but unusual bytes that must not change what a caller reads. */
  variance?: Variance
  /** How the bytes of the frames are cut into writes. */
  split?: 'inside-characters'
  /** What happens once this many events with words were sent. */
  at?: { words: number; how: StreamEnd }
  done?: boolean
}

export const VARIANCES = ['crlf', 'cr', 'comments', 'bom', 'multiline', 'nospace', 'unknown-fields'] as const
export type Variance = (typeof VARIANCES)[number]
export const STREAM_ENDS = ['fin', 'rst', 'stall', 'half-event', 'half-character', 'malformed', 'error-event'] as const
export type StreamEnd = (typeof STREAM_ENDS)[number]

/** Scripts of one request on one lane: the first attempts, then every later one. */
export interface Plan {
  attempts: Script[]
  rest: Script
}

export const plainPlan: Plan = { attempts: [], rest: {} }

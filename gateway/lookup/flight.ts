import type { Answer } from '../call/attempt.ts'
import { over, polled, taken } from '../call/frames.ts'
import type { Next, Taken } from '../call/frames.ts'
import type { Frame } from '../check/chat-stream.ts'
import { asGatewayError, GatewayError } from '../errors.ts'
import type { Trace } from '../observe/trace.ts'
import { Ending } from '../scope.ts'
import type { Scope } from '../scope.ts'
import type { Turn } from '../turn.ts'
import { FlightNotes, spare } from './flight-notes.ts'
import { Followed } from './followed.ts'
import { KeptFrame } from './kept-frame.ts'

export interface FlightLimits {
  /** How far a stream may have come, in characters, for others to join it from its beginning. */
  readonly joinCharacters: number
  /** How far a caller of a shared stream may stay behind the fastest one, in characters, beside what its connection buffers. */
  readonly lagCharacters: number
}

/** One caller of a flight. */
interface Member {
  readonly turn: Turn
  readonly answer: PromiseWithResolvers<Answer>
  readonly gone: () => void
  /** It has its answer, or the begin of it. */
  isServed: boolean
  /** The next frame of this caller, counted from the beginning of the stream. */
  at: number
  wake: () => void
}

/**
 * One upstream call for several callers. It is nobody's alone: each caller leaves by its own scope, and only when the last has
 * left is the call cancelled. A stream is taken at the pace of the fastest caller; the frames that a slower one still needs are
 * held, up to a limit, and whoever stays behind further is cut off, so that it costs the others neither time nor memory.
 */
export class Flight extends Ending implements Scope {
  readonly #turn: Turn
  readonly #notes: FlightNotes
  readonly #limits: FlightLimits
  readonly #close: () => void
  readonly #members: Member[] = []
  readonly #held: Frame[] = []
  #heldCharacters = 0
  /** How many frames are no longer held. */
  #dropped = 0
  #joinable = true
  #source: Taken | undefined
  #isAwaited = false
  #end: { readonly error?: GatewayError } | undefined

  /** The call itself, until the first caller has joined and it begins. */
  #obtain: ((turn: Turn) => Promise<Answer>) | undefined

  /** The call begins with the first who joins. `close` is run once, when nobody may join any more. */
  constructor(turn: Turn, obtain: (turn: Turn) => Promise<Answer>, limits: FlightLimits, close: () => void) {
    super()
    this.#notes = new FlightNotes(turn.trace, () => this.#payer)
    this.#turn = { ...turn, scope: this, trace: this.#notes.trace, reply: this.#notes.head }
    this.#limits = limits
    this.#close = close
    this.#obtain = obtain
  }

  get remainingMs(): number {
    return Math.max(0, ...this.#members.map(({ turn }) => turn.scope.remainingMs))
  }

  /** The answer, for one more caller; rejects when the call fails or this caller leaves. */
  join(turn: Turn): Promise<Answer> {
    const { scope } = turn
    const member: Member = { turn, answer: Promise.withResolvers(), isServed: false, at: 0, wake: asleep, gone: () => {
      member.answer.reject(scope.reason)
      this.#leave(member)
      member.wake()
    } }
    this.#members.push(member)
    scope.onEnd(member.gone)
    if (this.#source !== undefined) this.#begin(member)
    const obtain = this.#obtain
    this.#obtain = undefined
    if (obtain !== undefined) void this.#run(obtain)
    return member.answer.promise
  }

  async #run(obtain: (turn: Turn) => Promise<Answer>): Promise<void> {
    try {
      const answer = await obtain(this.#turn)
      if (answer.kind === 'stream') {
        this.#source = taken(answer.frames)
        if (this.#members.length === 0) await discard(this.#source)
        for (const member of this.#members) this.#begin(member)
      } else this.#settle((member) => member.answer.resolve(answer))
    } catch (error) {
      this.#settle((member) => member.answer.reject(error))
    }
  }

  /** The same answer or failure for all who wait. */
  #settle(tell: (member: Member) => void): void {
    this.#closeDoor()
    this.#notes.charge(this.#payer)
    for (const member of this.#members.splice(0)) {
      this.#notes.serve(member.turn)
      member.turn.scope.offEnd(member.gone)
      tell(member)
    }
  }

  #begin(member: Member): void {
    this.#notes.serve(member.turn)
    member.isServed = true
    member.answer.resolve({ kind: 'stream', frames: new Followed((wake) => this.#next(member, wake), () => this.#leave(member)) })
  }

  /** What there is for a caller now; undefined while it has to wait, throws what its stream ends with. */
  #next(member: Member, wake: () => void): Next | undefined {
    member.wake = asleep
    try {
      const next = this.#due(member)
      if (next !== undefined) return next
      this.#pull()
      const pulled = this.#due(member)
      if (pulled === undefined) member.wake = wake
      return pulled
    } catch (error) {
      this.#leave(member)
      throw error
    }
  }

  #due(member: Member): Next | undefined {
    member.turn.scope.throwIfOver()
    if (member.at < this.#dropped) throw new GatewayError('GW_ERR_READ_TOO_SLOWLY')
    const nth = member.at - this.#dropped
    const frame = this.#held[nth]
    if (frame !== undefined) {
      member.at++
      // Usually there is one caller, and the rest lies here for those who may still join. Once nobody may, it is dropped.
      if (this.#joinable && this.#members.length === 1 && frame.text !== '') this.#held[nth] = new KeptFrame(frame.text, frame.content)
      return { done: false, value: frame }
    }
    if (this.#end === undefined) return undefined
    if (this.#end.error !== undefined) throw this.#end.error
    this.#leave(member)
    return over
  }

  /** Takes the next frame, if it is there, for whoever waits for it. */
  #pull(): void {
    if (this.#isAwaited || this.#end !== undefined || this.#source === undefined) return
    try {
      const next = this.#source.poll(this.#come)
      if (next === undefined) {
        this.#isAwaited = true
        return
      }
      if (next.done === true) this.#finish({})
      else this.#hold(next.value)
    } catch (error) {
      this.#finish({ error: asGatewayError(error) })
    }
    this.#wake()
  }

  readonly #come = (): void => {
    this.#isAwaited = false
    this.#pull()
  }

  #wake(): void {
    for (let nth = 0; ;) {
      const member = this.#members[nth]
      if (member === undefined) return
      const { wake } = member
      member.wake = asleep
      wake()
      // Who has reached the end has left.
      if (this.#members[nth] === member) nth++
    }
  }

  #hold(frame: Frame): void {
    this.#held.push(frame)
    this.#heldCharacters += frame.text.length
    if (this.#heldCharacters > this.#limits.joinCharacters) this.#closeDoor()
    if (!this.#joinable) this.#forget()
    while (this.#heldCharacters > this.#limits.lagCharacters && this.#held.length > 1) this.#drop()
  }

  /** Lets go of what everybody has taken. */
  #forget(): void {
    let slowest = Number.POSITIVE_INFINITY
    for (const { at } of this.#members) slowest = Math.min(slowest, at)
    while (this.#dropped < slowest && this.#held.length > 0) this.#drop()
  }

  #drop(): void {
    this.#heldCharacters -= this.#held.shift()?.text.length ?? 0
    this.#dropped++
  }

  #finish(end: { readonly error?: GatewayError }): void {
    this.#end = end
    this.#closeDoor()
    this.#notes.charge(this.#payer)
  }

  #leave(member: Member): void {
    member.turn.scope.offEnd(member.gone)
    const place = this.#members.indexOf(member)
    if (place === -1) return
    this.#members.splice(place, 1)
    // Only now is known what this caller's part of a stream came to.
    const { trace } = member.turn
    this.#notes.describe(trace)
    if (this.#members.length > 0) {
      if (!member.isServed) spare(trace)
      return
    }
    if (!member.isServed) this.#notes.count(trace)
    this.#notes.charge(trace)
    this.#closeDoor()
    if (this.#end !== undefined) return
    this.end(member.turn.scope.reason ?? new GatewayError('GW_ERR_CALLER_GONE'))
    if (this.#source !== undefined) void discard(this.#source)
  }

  #closeDoor(): void {
    if (!this.#joinable) return
    this.#joinable = false
    this.#close()
  }

  /** The trace of the one who pays if the call ends now: who began it, or when that one has left, who has waited longest. */
  get #payer(): Trace | undefined {
    return this.#members[0]?.turn.trace
  }
}

/** Nobody waits for the next frame. */
function asleep(): void {}

// A generator that was never begun has no `finally` to run, and its upstream connection would stay.
async function discard(frames: Taken): Promise<void> {
  try {
    await polled(frames)
    await frames.return()
  } catch {
    // Nobody is left to tell.
  }
}

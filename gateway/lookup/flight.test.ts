import { expect, test } from 'vitest'
import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import { metered } from '../check/meter.ts'
import { frameOf } from '../check/chat-stream.ts'
import { GatewayError } from '../errors.ts'
import { Ending } from '../scope.ts'
import { Trace } from '../observe/trace.ts'
import type { Turn } from '../turn.ts'
import { Flight } from './flight.ts'

/** As much of a request as a flight looks at. */
function caller(remainingMs = 1_000) {
  const scope = Object.assign(new Ending(), { remainingMs })
  const turn = { kind: 'chat', call: { raw: '{}' }, model: {}, trace: new Trace(), scope } as unknown as Turn
  return { turn, leave: () => scope.end(new GatewayError('GW_ERR_CALLER_GONE')) }
}

/** A source of frames of 100 characters and more, that counts what was taken and how it was left. */
function source(count = Number.POSITIVE_INFINITY) {
  const state = { taken: 0, left: false }
  async function* frames(): Frames {
    try {
      while (state.taken < count) yield frameOf({ choices: [{ index: 0, delta: { content: 'x'.repeat(100) } }], nth: state.taken++ })
    } finally {
      state.left = true
    }
  }
  return { state, frames: frames() }
}

const limits = { joinCharacters: 500, lagCharacters: 2_000 }

async function framesOf(answer: Promise<Answer>): Promise<Frames> {
  const found = await answer
  if (found.kind !== 'stream') throw new Error('not a stream')
  return found.frames
}

const nth = (result: IteratorResult<{ readonly chunk: Readonly<Record<string, unknown>> }, void>) => (result.done === true ? undefined : result.value.chunk['nth'])

test('a caller that stays behind is cut off; the others go on, and no more is held than allowed', async () => {
  const { state, frames } = source(1_000)
  const [fast, slow] = [caller(), caller()]
  const flight = new Flight(fast.turn, async () => ({ kind: 'stream', frames }), limits, () => {})
  const joined = [flight.join(fast.turn), flight.join(slow.turn)]
  const [first, second] = [await framesOf(joined[0] as Promise<Answer>), await framesOf(joined[1] as Promise<Answer>)]
  expect(nth(await second.next())).toBe(0)
  for (let index = 0; index < 5; index++) expect(nth(await first.next())).toBe(index)
  // Within the lag nothing is lost.
  expect(nth(await second.next())).toBe(1)
  for (let index = 5; index < 1_000; index++) expect(nth(await first.next())).toBe(index)
  await expect(second.next()).rejects.toThrow(expect.objectContaining({ id: 'GW_ERR_READ_TOO_SLOWLY' }) as Error)
  expect((await first.next()).done).toBe(true)
  expect(state.left).toBe(true)
})

test('the upstream is read at the pace of the fastest caller, not further', async () => {
  const { state, frames } = source()
  const one = caller()
  const flight = new Flight(one.turn, async () => ({ kind: 'stream', frames }), limits, () => {})
  const first = await framesOf(flight.join(one.turn))
  for (let index = 0; index < 50; index++) await first.next()
  expect(state.taken).toBe(50)
})

test('the door closes once a stream has come too far to be replayed', async () => {
  const one = caller()
  let closed = 0
  const flight = new Flight(one.turn, async () => ({ kind: 'stream', frames: source(10).frames }), limits, () => closed++)
  const first = await framesOf(flight.join(one.turn))
  await first.next()
  const late = caller()
  const second = await framesOf(flight.join(late.turn))
  expect(nth(await second.next())).toBe(0)
  expect(closed).toBe(0)
  for (let index = 1; index < 10; index++) await first.next()
  expect(closed).toBe(1)
  expect((await first.next()).done).toBe(true)
  expect(closed).toBe(1)
})

test('a caller that leaves while it waits for a frame learns it at once, the others wait on', async () => {
  const gate = Promise.withResolvers<void>()
  async function* frames(): Frames {
    await gate.promise
    yield frameOf({ nth: 0 })
  }
  const [one, two] = [caller(), caller()]
  const flight = new Flight(one.turn, async () => ({ kind: 'stream', frames: frames() }), limits, () => {})
  const joined = [flight.join(one.turn), flight.join(two.turn)] as const
  const [first, second] = [await framesOf(joined[0]), await framesOf(joined[1])]
  const waits = [first.next(), second.next()] as const
  one.leave()
  await expect(waits[0]).rejects.toThrow(expect.objectContaining({ id: 'GW_ERR_CALLER_GONE' }) as Error)
  expect(flight.isOver).toBe(false)
  gate.resolve()
  expect(nth(await waits[1])).toBe(0)
})

test('the call may take as long as whoever of those who wait has most time left', async () => {
  const [one, two] = [caller(100), caller(900)]
  const never = Promise.withResolvers<Answer>()
  const flight = new Flight(one.turn, async () => never.promise, limits, () => {})
  const joined = [flight.join(one.turn), flight.join(two.turn)] as const
  expect(flight.remainingMs).toBe(900)
  two.leave()
  await expect(joined[1]).rejects.toThrow()
  expect(flight.remainingMs).toBe(100)
  one.leave()
  await expect(joined[0]).rejects.toThrow()
})

test('a stream that comes when everybody has left is closed, though nobody has begun it', async () => {
  const { state, frames } = source()
  const one = caller()
  const gate = Promise.withResolvers<void>()
  const flight = new Flight(one.turn, async () => {
    await gate.promise
    return { kind: 'stream', frames }
  }, limits, () => {})
  const joined = flight.join(one.turn)
  one.leave()
  await expect(joined).rejects.toThrow(expect.objectContaining({ id: 'GW_ERR_CALLER_GONE' }) as Error)
  expect(flight.isOver).toBe(true)
  gate.resolve()
  await expect.poll(() => state.left).toBe(true)
})

test.each(['json', 'stream'] as const)('what a %s answer cost is in one trace: whose call it was, or who is left when that one has gone', async (kind) => {
  const usage = { prompt_tokens: 3, completion_tokens: 4 }
  const callers = [caller(), caller(), caller()] as const
  const gate = Promise.withResolvers<void>()
  async function* frames(): Frames {
    yield frameOf({ choices: [] })
    await gate.promise
    yield frameOf({ choices: [], usage })
  }
  const flight = new Flight(callers[0].turn, async (turn) => {
    turn.trace.attempts++
    turn.trace.upstream = 'up1'
    if (kind === 'stream') return metered(turn, { kind, frames: frames() })
    await gate.promise
    return metered(turn, { kind, text: '', json: { usage } })
  }, limits, () => {})
  const joined = callers.map(async ({ turn }) => {
    const answer = await flight.join(turn)
    if (answer.kind === 'stream') for await (const frame of answer.frames) expect(frame.text).toContain('data: ')
  })
  const leader = expect(joined[0]).rejects.toThrow(expect.objectContaining({ id: 'GW_ERR_CALLER_GONE' }) as Error)
  callers[0].leave()
  await leader
  gate.resolve()
  await Promise.all(joined.slice(1))
  expect(callers.slice(1).map(({ turn: { trace } }) => [trace.upstream, trace.attempts, trace.usage])).toEqual([['up1', 1, { prompt: 3, completion: 4, estimated: false }], ['up1', 0, undefined]])
})

test('the trace of a caller that has left stays as it was, whatever happens to the call', async () => {
  const [one, two] = [caller(), caller()]
  const flight = new Flight(one.turn, async ({ trace }) => {
    async function* frames(): Frames {
      trace.redacted = { ssn: 1 }
      yield frameOf({ nth: 0 })
      trace.redacted['ssn'] = 2
      trace.degraded.push('queue')
      trace.truncated = true
      yield frameOf({ nth: 1 })
    }
    return { kind: 'stream', frames: frames() }
  }, limits, () => {})
  const [first, second] = await Promise.all([one, two].map(async ({ turn }) => framesOf(flight.join(turn)))) as [Frames, Frames]
  await Promise.all([first.next(), second.next()])
  one.leave()
  const left = structuredClone(one.turn.trace)
  expect(left).toMatchObject({ redacted: { ssn: 1 }, degraded: [] })
  while ((await second.next()).done !== true);
  expect(two.turn.trace).toMatchObject({ redacted: { ssn: 2 }, degraded: ['queue'], truncated: true, cache: 'coalesced' })
  expect(one.turn.trace).toEqual(left)
})

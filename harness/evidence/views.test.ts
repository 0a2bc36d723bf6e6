import { describe, expect, test } from 'vitest'
import { attempt, chunk, completion, DONE, errorBody, evidence, finish, jsonExchange, noAnswer, role, streamExchange, usageChunk, wholeStream, word } from './fixture.ts'
import { answerText, at, attemptsOf, bodyJson, faultAttempts, faultPhase, finishReasons, header, outcome, parseJson, streamOf, upstreamFinish, upstreamText } from './views.ts'

const stream = (...events: Parameters<typeof streamExchange>[1]) => streamOf(streamExchange('a', events))
const second = (content: string, reason: string | null = null) => ({ id: 'x', choices: [{ index: 1, delta: { content }, finish_reason: reason }] })

test('at: a property deep inside of anything, or undefined', () => {
  expect(at({ a: [{ b: 1 }] }, 'a', 0, 'b')).toBe(1)
  for (const value of [undefined, null, 'text', 7, {}, [], { a: null }]) expect(at(value, 'a', 0, 'b')).toBeUndefined()
})

test('parseJson: undefined for what is not JSON', () => {
  expect([parseJson('{"a":1}'), parseJson('null'), parseJson(''), parseJson('{')]).toEqual([{ a: 1 }, null, undefined, undefined])
})

describe('streamOf', () => {
  test('words with their times, without the empty ones and null', () => {
    expect(stream(role, word('A'), word(''), chunk({ content: null }), word('B'), finish(), DONE)).toMatchObject({ words: [{ t: 20, text: 'A' }, { t: 50, text: 'B' }], text: 'AB', finishReasons: ['stop'], done: 1, afterDone: 0 })
  })

  test('choice 0 is the one with index 0, wherever it stands; without an index it is the first', () => {
    const both = { choices: [{ index: 1, delta: { content: 'X' } }, { index: 0, delta: { content: 'A' } }] }
    expect(stream(second('Y'), both, second('', 'length'), { choices: [{ delta: { content: 'B' } }] })).toMatchObject({ text: 'AB', finishReasons: [] })
  })

  test('an event that comes in pieces has the time of its last one', () => {
    const pieces = streamExchange('a', [{ raw: 'data: {"choices":[{"index":0,"del' }, { raw: 'ta":{"content":"A"}}]}\n' }, { raw: '\n' }])
    expect(streamOf(pieces).words).toEqual([{ t: 30, text: 'A' }])
  })

  test('errors: in data, by type, with data that is not JSON; error: null is none', () => {
    expect(stream(word('A', { error: null })).errors).toEqual([])
    expect(stream(errorBody('no')).errors).toEqual([{ message: 'no', type: 'server_error', param: null, code: null }])
    expect(stream({ error: 'boom' }).errors).toEqual(['boom'])
    expect(stream({ raw: 'event: error\ndata: {"message":"no"}\n\n' }).errors).toEqual([{ message: 'no' }])
    expect(stream({ raw: 'event: error\ndata: gone\n\n' }).errors).toEqual(['gone'])
  })

  test('usage: null is none; everything behind the first [DONE] is counted', () => {
    expect(stream(word('A', { usage: null }), usageChunk({ total_tokens: 1 }), DONE, finish(), DONE)).toMatchObject({ usages: [usageChunk({ total_tokens: 1 })], done: 2, afterDone: 2 })
  })

  test('is read once', () => {
    const exchange = streamExchange('a', wholeStream('A'))
    expect(streamOf(exchange)).toBe(streamOf(exchange))
  })
})

test('the words and the finish_reason of an answer, JSON or stream, and of the attempt that gave it', () => {
  expect([jsonExchange('a', completion('A', {}, 'length')), streamExchange('a', wholeStream('A')), jsonExchange('a', {}), jsonExchange('a', '<p>'), noAnswer('a', 'cut')].map((x) => [answerText(x), finishReasons(x)])).toEqual([
    ['A', ['length']], ['A', ['stop']], ['', []], ['', []], ['', []],
  ])
  expect([attempt('a', { body: completion('A', {}, 'length') }), attempt('a', { events: [role, second('X', 'length'), word('A'), finish(), DONE] }), attempt('a', { events: [role, word('A')] }), attempt('a', { body: '<p>' }), attempt('a')].map((a) => [upstreamText(a), upstreamFinish(a)])).toEqual([
    ['A', 'length'], ['A', 'stop'], ['A', undefined], ['', undefined], ['', undefined],
  ])
})

test('headers are found whatever their case, the first of several', () => {
  const x = jsonExchange('a', {}, { headers: [['Retry-After', '1'], ['retry-after', '2']] })
  expect([header(x, 'retry-after'), header(x, 'date'), header(noAnswer('a', 'cut'), 'date')]).toEqual(['1', undefined, undefined])
  expect(bodyJson(noAnswer('a', 'cut'))).toBeUndefined()
})

test('requests of the fault by label, their upstream calls in the order of time, and strangers but for lists of models', () => {
  const found = evidence({
    exchanges: [jsonExchange('b', {}, { window: 'baseline' }), jsonExchange('f', {}), jsonExchange('g', {}, { label: 'trip' })],
    attempts: [attempt('f', { t: 9, attempt: 2 }), attempt('f', { t: 3 }), attempt('f', { t: 3, lane: 'secondary' }), attempt('b'), attempt(null), attempt(null, { method: 'GET', path: '/v1/models' })],
  })
  expect(faultPhase(found).map((x) => x.nonce)).toEqual(['f', 'g'])
  expect(faultPhase(found, ['trip']).map((x) => x.nonce)).toEqual(['g'])
  expect(attemptsOf(found, 'f').map((a) => a.id)).toEqual(['primary-f-1', 'secondary-f-1', 'primary-f-2'])
  expect(attemptsOf(found, 'f', 'secondary')).toHaveLength(1)
  expect(faultAttempts(found).map((a) => a.nonce)).toEqual(['f', 'f', 'f', null])
})

test('what the caller saw, in a line', () => {
  expect(
    [
      noAnswer('a', 'refused'), noAnswer('a', 'gave-up', { end: null }), jsonExchange('a', '', { status: 204 }), jsonExchange('a', { a: 1 }, { end: 'cut' }), streamExchange('a', [role, word('A'), errorBody('no'), DONE, DONE], { end: 'reset' }),
      streamExchange('a', wholeStream('A')), streamExchange('a', [{ raw: 'event: error\ndata: gone\n\n' }]),
    ].map(outcome),
  ).toEqual([
    'no answer, refused', 'no answer, unfinished', '204, empty body', '200, {"a":1}, ended cut', '1 events with words, error event {"message":"no","type":"server_error","param":null,"code":null}, 2 × [DONE], ended reset',
    '1 events with words, finish_reason "stop", [DONE], clean close', '0 events with words, error event "gone", clean close',
  ])
})

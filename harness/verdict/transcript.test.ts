import { expect, test } from 'vitest'
import { attempt, completion, evidence, jsonExchange, role, wholeStream, word } from '../evidence/fixture.ts'
import type { EvidenceInput } from '../evidence/fixture.ts'
import { transcriptHash, transcriptOf } from './transcript.ts'

const hash = (...inputs: EvidenceInput[]) => transcriptHash(inputs.map((input) => transcriptOf(evidence(input))))
const a = jsonExchange('a', completion('A'), { asks: { n: 1 } })
const b = jsonExchange('b', completion('B'))
const [up, other] = [attempt('a', { asks: { n: 1 }, body: completion('A') }), attempt('b', { body: completion('B') })]
const usual = hash({ exchanges: [a, b], attempts: [up, other] })

test('neither order nor time nor what the caller got matters', () => {
  const late = attempt('a', { t: 5000, id: 'z', endAt: 7000, asks: { n: 1 }, body: completion('A') })
  expect(hash({ exchanges: [b, jsonExchange('a', 'nonsense', { t: 900, status: 500, asks: { n: 1 } })], attempts: [other, late] })).toBe(usual)
  expect(transcriptHash(['x', 'y'])).toBe(transcriptHash(['y', 'x']))
})

test('what the upstream was asked, how often, and what it sent does', () => {
  const changed = [
    { exchanges: [a, b], attempts: [up] },
    { exchanges: [a, b], attempts: [up, other, attempt('b', { attempt: 2, body: completion('B') })] },
    { exchanges: [a, b], attempts: [attempt('a', { asks: { n: 2 }, body: completion('A') }), other] },
    { exchanges: [a, b], attempts: [attempt('a', { asks: { n: 1 }, body: completion('A!') }), other] },
    { exchanges: [a, b], attempts: [attempt('a', { asks: { n: 1 }, body: completion('A'), status: 201 }), other] },
    { exchanges: [a, b], attempts: [attempt('a', { asks: { n: 1 }, body: completion('A'), lane: 'secondary' }), other] },
    { exchanges: [a, b], attempts: [attempt('a', { asks: { n: 1 }, body: completion('A'), faults: ['status'] }), other] },
    { exchanges: [a, b], attempts: [attempt('a', { asks: { n: 1 }, body: completion('A'), end: 'rst' }), other] },
    { exchanges: [a], attempts: [up, other] },
    { exchanges: [a, b], attempts: [up, other], scenario: { id: 'area/other' } },
  ].map((input) => hash(input))
  expect(new Set([usual, ...changed]).size).toBe(changed.length + 1)
})

test('an attempt that its peer ended counts by its request only: how far it came is chance', () => {
  const ended = (events: object[], asks: object = {}) => hash({ exchanges: [b], attempts: [attempt('b', { asks, events, end: 'peer-closed', peerClosed: 'body' })] })
  expect(ended([role, word('A')])).toBe(ended([role]))
  expect(ended([role], { n: 2 })).not.toBe(ended([role]))
  expect(hash({ exchanges: [b], attempts: [attempt('b', { events: wholeStream('A') })] })).not.toBe(hash({ exchanges: [b], attempts: [attempt('b', { events: wholeStream('A', 'B') })] }))
})

test('the salt of an execution does not matter: measured again, the same outcome is the same', () => {
  const execution = (salt: string, said = 'A') => {
    const nonce = `n1-f0${salt}`
    const asks = { messages: [{ role: 'user', content: `Say something. [gauntlet:${nonce}]` }] }
    return hash({ exchanges: [jsonExchange(nonce, {}, { asks })], attempts: [attempt(nonce, { asks, body: completion(`${nonce} ${said}`, { id: `chatcmpl-${nonce}` }) })], scenario: { salt: salt.slice(1) } })
  }
  expect(execution('-abcde')).toBe(execution('-vwxyz'))
  expect(execution('-abcde')).toBe(execution(''))
  expect(execution('-abcde', 'B')).not.toBe(execution('-abcde'))
})

test('requests before and after the fault, and strangers, do not count', () => {
  const more = { exchanges: [a, b, jsonExchange('r', {}, { window: 'recovery' }), jsonExchange('p', {}, { window: 'baseline' })], attempts: [up, other, attempt('r'), attempt('p'), attempt(null)] }
  expect(hash(more)).toBe(usual)
})

test('a race counts by what was planned', () => {
  const race = (changes: EvidenceInput, status = 503) => hash({ exchanges: [a, b], scenario: { race: 'who is first', faults: [{ fault: { kind: 'status', lane: 'primary', status, times: 'all' } }] }, ...changes })
  expect(race({ attempts: [up] })).toBe(race({ attempts: [other, other] }))
  expect(race({ exchanges: [a] })).not.toBe(race({}))
  expect(race({}, 500)).not.toBe(race({}))
})

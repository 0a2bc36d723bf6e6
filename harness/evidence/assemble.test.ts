import { expect, test } from 'vitest'
import type { ClientRecord, UpstreamRecord } from '../../schemas/evidence.ts'
import { assemble } from './assemble.ts'
import { evidence } from './fixture.ts'

const { scenario, claims } = evidence()
const of = (client: ClientRecord[], upstream: UpstreamRecord[] = []) => assemble(scenario, claims, { client, upstream, diary: [] })
const asked = (nonce: string, t = 0): ClientRecord => ({ kind: 'request', t, nonce, window: 'fault', label: 'x', method: 'POST', path: '/', headers: [], body: '', stream: false })
const called = (id: string, nonce: string | null, attempt = 1): UpstreamRecord => ({ kind: 'request', t: 0, id, lane: 'primary', nonce, attempt, method: 'POST', path: '/', headers: [], body: '' })

test('records of two requests that ran at the same time go to their own exchange, in order', () => {
  const bytes = (nonce: string, text: string, t: number): ClientRecord => ({ kind: 'bytes', t, nonce, data: Buffer.from(text).toString('base64') })
  const { exchanges } = of([
    asked('a'), asked('b', 1), { kind: 'head', t: 2, nonce: 'b', status: 200, headers: [] }, bytes('b', 'B1', 3), bytes('a', 'A1', 3), bytes('b', 'B2', 4),
    { kind: 'abort', t: 5, nonce: 'a' }, { kind: 'end', t: 6, nonce: 'a', how: 'aborted', detail: '' },
  ])
  expect(exchanges.map((x) => [x.nonce, x.head?.status, x.chunks.map((c) => `${c.t} ${c.bytes.toString()}`), x.abortedAt, x.end?.how])).toEqual([
    ['a', undefined, ['3 A1'], 5, 'aborted'],
    ['b', 200, ['3 B1', '4 B2'], undefined, undefined],
  ])
})

test('a request asks its own question, unless it says whose it repeats', () => {
  const repeated: ClientRecord = { ...asked('b'), question: 'a' } as ClientRecord
  expect(of([asked('a'), repeated]).exchanges.map((x) => [x.nonce, x.question])).toEqual([['a', 'a'], ['b', 'a']])
})

test('every kind of upstream record finds its attempt', () => {
  const { attempts } = of([], [
    called('1', 'a'), called('2', 'a', 2), called('3', null), { kind: 'head', t: 1, id: '2', status: 500, headers: [] }, { kind: 'event', t: 1, id: '1', index: 1, text: 'e' },
    { kind: 'body', t: 1, id: '2', text: 'b' }, { kind: 'fault', t: 1, id: '2', fault: 'status', detail: '' }, { kind: 'held', t: 1, id: '1', index: 1, released: 'caller' },
    { kind: 'peer-closed', t: 2, id: '1', during: 'body' }, { kind: 'end', t: 2, id: '1', how: 'peer-closed' },
  ])
  expect(attempts.map((a) => [a.id, a.nonce, a.attempt, a.head?.status, a.events.length, a.body?.text, a.faults.length, a.held.length, a.peerClosed?.during, a.end?.how])).toEqual([
    ['1', 'a', 1, undefined, 1, undefined, 0, 1, 'body', 'peer-closed'],
    ['2', 'a', 2, 500, 0, 'b', 1, 0, undefined, undefined],
    ['3', null, 1, undefined, 0, undefined, 0, 0, undefined, undefined],
  ])
})

test('records of a request that never was are left out', () => {
  expect(of([{ kind: 'head', t: 0, nonce: 'x', status: 200, headers: [] }], [{ kind: 'end', t: 0, id: 'x', how: 'complete' }])).toMatchObject({ exchanges: [], attempts: [] })
})

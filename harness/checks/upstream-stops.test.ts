import { attempt, evidence, jsonExchange, noAnswer, role, streamExchange, word } from '../evidence/fixture.ts'
import type { Attempt } from '../evidence/types.ts'
import { examples } from './testing/examples.ts'
import { upstreamStopsCheck } from './upstream-stops.ts'

const left = 100
const leaver = (nonce = 'a') => streamExchange(nonce, [role, word('A')], { end: 'aborted', abortedAt: left, endAt: left })
const after = (...attempts: Attempt[]) => evidence({ exchanges: [leaver()], attempts })
const stopped = (endAt: number, more: Parameters<typeof attempt>[1] = {}) => attempt('a', { end: 'peer-closed', peerClosed: 'body', endAt, ...more })

examples(upstreamStopsCheck, {
  params: {},
  passes: {
    'closed soon after': after(stopped(103)),
    'closed within the claim': after(stopped(left + 1000)),
    'closed before the head': after(stopped(110, { status: null, peerClosed: 'before-head' })),
    'closed in the same millisecond': after(stopped(left)),
    'left between two attempts, the first one answered': after(attempt('a', { status: 429, endAt: 50 })),
    'an attempt at the very moment, closed at once': after(stopped(105, { t: left })),
  },
  fails: {
    'closed too late': [after(stopped(left + 1001)), 'attempt 1 ended 1001 ms after the caller left (peer-closed)', ['a']],
    'still open': [after(attempt('a', { end: null })), 'attempt 1 was still open at the end'],
    'open until the upstream was stopped': [after(attempt('a', { end: 'stopped', endAt: 3000 })), /\(stopped\)$/],
    'read to its end within the claim': [after(attempt('a', { endAt: left + 600 })), 'attempt 1 was read to its end, 600 ms after the caller left'],
    'another attempt': [after(stopped(50), attempt('a', { attempt: 2, t: 300 })), 'attempt 2 began 200 ms after the caller left'],
    'the upstream was never asked': [after(), 'the upstream was never asked'],
    'the caller never came to leave': [evidence({ exchanges: [jsonExchange('a', {}, { status: 503 })], attempts: [attempt('a', { status: 503 })] }), 'the caller never came to the point of leaving'],
    'the caller waited for ever': [evidence({ exchanges: [noAnswer('a', 'gave-up')], attempts: [stopped(1)] }), /never came to the point/],
    'one of two': [evidence({ exchanges: [leaver(), leaver('b')], attempts: [stopped(103), attempt('b', { end: null })] }), /^1 of 2/, ['b']],
  },
  unknown: {
    'the answer was whole before the caller left': [after(attempt('a', { endAt: 90 })), 'the upstream had nothing left to stop'],
    'the answer ended just as the caller left': [after(attempt('a', { endAt: left + 1 })), 'the upstream had nothing left to stop'],
  },
})

import { expect, test } from 'vitest'
import { attempt, evidence, jsonExchange } from '../evidence/fixture.ts'
import { attemptsAtMost, attemptsBetween, attemptsCheck, noUpstreamCall } from './attempts.ts'
import { examples } from './testing/examples.ts'

const calls = (count: number, lane = 'primary') => Array.from({ length: count }, (_, i) => attempt('a', { lane, attempt: i + 1 }))
const one = (...attempts: ReturnType<typeof attempt>[]) => evidence({ exchanges: [jsonExchange('a', {})], attempts, claims: { retry: { retries: 2, maxDelayMs: 0, onTimeout: false, maxRetryAfterMs: 0 } } })

const twice = (count: number) => evidence({ exchanges: [jsonExchange('a', {}), jsonExchange('b', {}, { question: 'a', label: 'again' })], attempts: calls(count) })

examples(attemptsCheck, {
  params: { max: 2 },
  passes: {
    'fewer than allowed': one(...calls(1)),
    'as many as allowed': one(...calls(2)),
    'as many as the claim says': { evidence: one(...calls(3)), params: { max: { claim: 'retry.retries', plus: 1 } } },
    'none, where none is allowed': { evidence: one(), params: { max: 0 } },
    'calls on another lane': { evidence: one(...calls(1), ...calls(9, 'secondary')), params: { max: 1, lane: 'primary' } },
    'calls for other requests': one(attempt('b'), attempt('b', { attempt: 2 }), attempt('b', { attempt: 3 })),
    'the target asks after its upstream\'s health and models': { evidence: one(attempt(null, { method: 'GET', path: '/health' }), attempt(null, { method: 'GET', path: '/v1/models' })), params: { max: 0 } },
    'a straggler of an earlier scenario': { evidence: one(attempt(null, { asks: { messages: [{ content: '[gauntlet:nzzz-f0]' }] } })), params: { max: 0 } },
    'one call for a question that was asked twice': { evidence: twice(1), params: { min: 1, max: 1 } },
    'attempts with the same time': one(attempt('a', { id: 'x', t: 4 }), attempt('a', { id: 'y', t: 4, attempt: 2 })),
  },
  fails: {
    'more than allowed': [one(...calls(3)), '3 upstream call(s)', ['a']],
    'more than the claim says': [{ evidence: one(...calls(4)), params: { max: { claim: 'retry.retries', plus: 1 } } }, '4 upstream call(s)'],
    'fewer than asked for': [{ evidence: one(...calls(1)), params: { min: 2, max: 2 } }, '1 upstream call(s)'],
    'a call where none is allowed': [{ evidence: one(...calls(1)), params: { max: 0 } }, '1 upstream call(s)'],
    'a call that lost its nonce where none is allowed': [{ evidence: one(attempt(null)), params: { max: 0 } }, /^1 upstream call\(s\) without a nonce: POST/],
    'two calls for a question that was asked twice': [{ evidence: twice(2), params: { min: 1, max: 1 } }, '2 of 2: 2 upstream call(s)', ['a', 'b']],
    'the call for the first of two, where none is allowed for the second': [{ evidence: twice(1), params: { max: 0, labels: ['again'] } }, '1 upstream call(s)'],
    'too many on the lane': [{ evidence: one(...calls(1), ...calls(2, 'secondary')), params: { max: 1, lane: 'secondary' } }, '2 upstream call(s)'],
  },
  unknown: {
    'a call without a nonce might be one too many': [one(...calls(1), attempt(null)), /cannot be laid to a request/],
    'no request with such a label': [{ evidence: one(...calls(1)), params: { max: 2, labels: ['other'] } }, 'no evidence'],
  },
})

test('the three ways to say it', () => {
  expect(attemptsBetween(1, 2, { lane: 'primary' })).toEqual({ check: 'attempts', params: { min: 1, max: 2, lane: 'primary' } })
  expect(attemptsAtMost({ claim: 'retry.retries', plus: 1 })).toEqual({ check: 'attempts', params: { min: 0, max: { claim: 'retry.retries', plus: 1 } } })
  expect(noUpstreamCall()).toEqual({ check: 'attempts', params: { min: 0, max: 0, labels: undefined } })
})

test('a claim that does not exist is no number', () => {
  expect(() => attemptsCheck.judge(one(...calls(1)), { min: 0, max: { claim: 'retry.retrys' } })).toThrow('No claim is called "retry.retrys".')
})

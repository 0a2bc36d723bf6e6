import { expect, test } from 'vitest'
import { evidence, jsonExchange } from '../evidence/fixture.ts'
import { tookAtLeastCheck } from './took-at-least.ts'

// Its absence is no fault of the target, so this one never fails: a failing example cannot exist.
const took = (...ms: number[]) => tookAtLeastCheck.judge(evidence({ exchanges: ms.map((endAt, i) => jsonExchange(`a${i}`, {}, { endAt })) }), { budget: 100 })

test('passes when every request felt the fault', () => {
  expect(took(100, 400)).toMatchObject({ verdict: 'pass', actual: '100 ms at least' })
})

test('one request that was not slowed makes it unknown, never a failure', () => {
  expect(took(400, 99)).toMatchObject({ verdict: 'unknown', actual: '99 ms', reason: 'the fault was not felt' })
})

test('no end on record counts as not slowed, no request as no evidence', () => {
  expect(tookAtLeastCheck.judge(evidence({ exchanges: [jsonExchange('a', {}, { end: null })] }), { budget: 100 })).toMatchObject({ verdict: 'unknown', reason: 'the fault was not felt' })
  expect(took()).toMatchObject({ verdict: 'unknown', reason: 'no evidence' })
})

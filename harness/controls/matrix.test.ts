import { expect, test } from 'vitest'
import { disagreements } from './matrix.ts'

test('rows are compared exactly, both ways', () => {
  expect(disagreements({ a: 'fail: x' }, { a: 'fail: x' })).toEqual([])
  expect(disagreements({ a: 'fail: x' }, {})).toEqual(['a: expected fail: x, measured pass'])
  expect(disagreements({}, { a: 'warn: y' })).toEqual(['a: expected pass, measured warn: y'])
  expect(disagreements({ a: 'fail: x' }, { a: 'fail: x, y' })).toHaveLength(1)
})

test('a race may be missing or come in part, and bring nothing new', () => {
  const row = { a: 'sometimes fail: x, y' }
  expect(disagreements(row, {})).toEqual([])
  expect(disagreements(row, { a: 'fail: y' })).toEqual([])
  expect(disagreements(row, { a: 'fail: z' })).toHaveLength(1)
})

test('a cell whose check the harness was too slow for is compared without it, and still brings nothing new', () => {
  expect(disagreements({ a: 'fail: x, y' }, { a: 'partly fail: y' })).toEqual([])
  expect(disagreements({ a: 'fail: x' }, { a: 'partly fail: z' })).toHaveLength(1)
  expect(disagreements({}, { a: 'partly fail: z' })).toHaveLength(1)
})

import { expect, test } from 'vitest'
import { chunks, row } from '../testing/timelines.ts'
import { layout } from './rows.ts'

const shape = (items: ReturnType<typeof layout>): string[] =>
  items.map((item) => (item.kind === 'gap' ? `… ${String(item.count)}` : item.kind === 'note' ? `• ${item.row.text}` : item.rows.map((r) => r.text).join(' | ')))

test('what is handed on at once shares a line', () => {
  expect(shape(layout([row(0, 'c>t', 'POST'), row(1, 't>u', 'attempt 1'), row(5, 'u>t', '200'), row(9, 't>c', '200')], 40))).toEqual(['POST | attempt 1', '200', '200'])
})

test('a fault or a bad row has a line of its own', () => {
  expect(shape(layout([row(0, 'u>t', 'FIN', 'fault'), row(0.1, 't>c', '[DONE]', 'bad')], 40))).toEqual(['FIN', '[DONE]'])
})

test('a row in one place is a note', () => {
  expect(shape(layout([row(0, 't>t', 'waits')], 40))).toEqual(['• waits'])
})

test('five quiet lines stay, six become two, a count and the last', () => {
  expect(shape(layout(chunks(0, 1, 5), 40))).toHaveLength(5)
  expect(shape(layout(chunks(0, 1, 9), 40))).toEqual(['chunk 1 | chunk 1', 'chunk 2 | chunk 2', '… 6', 'chunk 9 | chunk 9'])
})

test('a gap of one is not worth a count', () => {
  const rows = Array.from({ length: 5 }, (_, i) => row(i * 10, 'u>t', `p${String(i)}`))
  expect(shape(layout(rows, 4))).toEqual(['p0', 'p1', 'p2', 'p3', 'p4'])
})

test('too many lines keep the remarkable ones, the head and the tail', () => {
  const rows = Array.from({ length: 300 }, (_, i) => row(i * 10, 'u>t', String(i), i === 150 ? 'bad' : 'plain'))
  const items = shape(layout(rows, 10))
  expect(items).toEqual(['0', '1', '2', '3', '4', '5', '… 144', '150', '… 146', '297', '298', '299'])
})

test('no row is lost: shown rows and counted ones are all of them', () => {
  const rows = Array.from({ length: 97 }, (_, i) => row(i * 10, i % 2 === 0 ? 'u>t' : 'c>t', String(i), (['dim', 'plain', 'dim', 'dim'] as const)[i % 4] ?? 'dim'))
  const items = layout(rows, 12)
  expect(items.reduce((sum, item) => sum + (item.kind === 'gap' ? item.count : 1), 0)).toBe(97)
})

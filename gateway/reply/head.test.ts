import { expect, test } from 'vitest'
import { Head } from './head.ts'

test('names and values in turn, each name once, in the order in which they came', () => {
  const head = new Head()
  head.header('age', 1)
  head.header('x-cache', 'MISS')
  head.header('age', 2)
  expect(head.list).toEqual(['age', '2', 'x-cache', 'MISS'])
  head.remove('age')
  head.remove('date')
  expect(head.list).toEqual(['x-cache', 'MISS'])
  expect(head.toRecord()).toEqual({ 'x-cache': 'MISS' })
})

test('a reply of Fastify’s gets all of them, and keeps its own', () => {
  const headers: Record<string, unknown> = { allow: 'POST' }
  const reply = { header: (name: string, value: unknown) => (headers[name] = value) }
  const head = new Head()
  head.header('x-request-id', 'a')
  head.copyTo(reply)
  expect(headers).toEqual({ allow: 'POST', 'x-request-id': 'a' })
})

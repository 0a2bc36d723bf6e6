import { expect, test } from 'vitest'
import { plainSend } from '../engine/traffic.ts'
import type { SendStep } from '../scenario.ts'
import { outgoing } from './request.ts'
import type { Text } from './request.ts'

const models = { chat: 'Small-Model', fallback: 'two', jsonOnly: 'three', unknown: 'none' }
const sent = (step: Partial<SendStep> = {}, text?: Text) => outgoing({ ...plainSend, ...step }, 'n1-f1', { models, headers: {} }, 'sk-key', 'area/name', text)
const bodyOf = (...args: Parameters<typeof sent>) => JSON.parse(sent(...args).body) as { model: string; messages: { content: string }[]; input: string }

test('the nonce is in the text, in the id and nowhere else', () => {
  expect(sent()).toMatchObject({ method: 'POST', path: '/chat/completions', headers: { 'x-request-id': 'n1-f1', authorization: 'Bearer sk-key' } })
  expect(bodyOf().messages).toEqual([{ role: 'user', content: 'Say something. [gauntlet:n1-f1]' }])
})

test('a repeated question is the same body, byte for byte, under another id', () => {
  const first = outgoing(plainSend, 'n1-f0', { models, headers: {} }, 'sk-key', 'area/name')
  const again = sent({}, { question: 'n1-f0' })
  expect(again.body).toBe(first.body)
  expect([first.headers['x-request-id'], again.headers['x-request-id']]).toEqual(['n1-f0', 'n1-f1'])
  expect(sent({ body: { seed: 1 } }, { question: 'n1-f0' }).body).not.toBe(first.body)
})

test('a text has as many characters as asked for, and no fewer than its question', () => {
  for (const chars of [100, 4001]) expect(bodyOf({}, { chars }).messages[0]?.content).toHaveLength(chars)
  expect(bodyOf({ to: 'embeddings' }, { chars: 100 }).input).toHaveLength(100)
  expect(bodyOf({}, { chars: 3 }).messages[0]?.content).toBe('Say something. [gauntlet:n1-f1]')
})

test('a header is left out by an empty one', () => {
  expect(Object.keys(sent({ headers: { 'x-request-id': '', 'cache-control': 'no-store' } }).headers)).toEqual(['user-agent', 'cache-control', 'authorization', 'content-type'])
})

test('models by their roles', () => {
  const roles = ['chat', 'fallback', 'jsonOnly', 'unknown', 'capitals', 'embeddings'] as const
  expect(roles.map((model) => bodyOf({ model }).model)).toEqual(['Small-Model', 'two', 'three', 'none', 'SMALL-MODEL', 'Small-Model'])
})

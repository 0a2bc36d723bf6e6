import { expect, test } from 'vitest'
import { complexityOf, shapeOf } from './prompt.ts'
import type { Asked } from './prompt.ts'

const asked = (body: Record<string, unknown>, kind: Asked['kind'] = 'chat') => ({ kind, body, call: { raw: '' } }) as unknown as Asked
const says = (...contents: unknown[]) => asked({ model: 'auto', messages: contents.map((content) => ({ role: 'user', content })) })
const complexity = (of: Asked) => Math.round(complexityOf(shapeOf(of)) * 3)

test.each([
  ['a short question', says('What is the capital of France?'), 0],
  ['500 tokens of text', says('word '.repeat(400)), 1],
  ['2 000 tokens of text', says('word '.repeat(1_600)), 2],
  ['a fenced block', says('Why does this fail?\n```\nx\n```'), 1],
  ['a definition', says('def add(a, b):\n  return a + b'), 1],
  ['lines that end like code', says('int x = 1;\nint y = 2;'), 1],
  ['seven messages', says('a', 'b', 'c', 'd', 'e', 'f', 'g'), 1],
  ['tools', asked({ model: 'auto', messages: [{ role: 'user', content: 'hi' }], tools: [{ type: 'function' }] }), 1],
  ['no tools in a list of none', asked({ model: 'auto', messages: [{ role: 'user', content: 'hi' }], tools: [] }), 0],
  ['everything at once', asked({ model: 'auto', messages: Array.from({ length: 8 }, () => ({ role: 'user', content: `\`\`\`\n${'word '.repeat(1_600)}` })), tools: [{ type: 'function' }] }), 3],
  ['an image, however large', says([{ type: 'text', text: 'what is it?' }, { type: 'image_url', image_url: { url: 'A'.repeat(100_000) } }]), 0],
  ['an assistant\'s turn without content', asked({ model: 'auto', messages: [{ role: 'assistant', content: null }] }), 0],
  ['an input for embeddings', asked({ model: 'auto', input: ['word '.repeat(400)] }, 'embeddings'), 1],
  ['tokens for embeddings', asked({ model: 'auto', input: [1, 2, 3] }, 'embeddings'), 0],
])('%s', (_name, of, signs) => {
  expect(complexity(of)).toBe(signs)
})

test('a megabyte of line breaks or of semicolons is looked at in no time', () => {
  const started = performance.now()
  for (const piece of ['\n', ' \n', '; ', '{   ', '\t']) shapeOf(says(piece.repeat(1_000_000 / piece.length)))
  expect(performance.now() - started).toBeLessThan(500)
})

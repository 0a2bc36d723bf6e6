import { expect, test } from 'vitest'
import { fill } from './placeholders.ts'

const values = {
  port: 4711, host: '127.0.0.1', 'upstream.primary': 'http://127.0.0.1:1/v1', 'upstream.secondary': 'http://127.0.0.1:2/v1',
  redis: 'redis://127.0.0.1:6379/0', 'key.caller': 'sk-$&-caller', 'key.limited': 'sk-limited', 'key.upstream': 'sk-upstream', dir: '/tmp/a folder',
}

test('every name is replaced, each time it stands there', () => {
  for (const [name, value] of Object.entries(values)) expect(fill(`a{${name}}b{${name}}`, values)).toBe(`a${value}b${value}`)
})

test('other braces stay as they are: JSON, shell, names that are none', () => {
  for (const text of ['{"a":{"b":{}}}', '${HOME}', '{ port }', '{Port}', '{upstream}', '{upstream.third}', '{key}', '{{', '{}']) expect(fill(text, values)).toBe(text)
  expect(fill('{"port":{port},"x":{"port":1}}', values)).toBe('{"port":4711,"x":{"port":1}}')
  expect(fill('${port}', values)).toBe('$4711')
})

test('a value is not read as a template', () => {
  expect(fill('{key.caller}', values)).toBe('sk-$&-caller')
  expect(fill('{dir}', { ...values, dir: '{port}' })).toBe('{port}')
})

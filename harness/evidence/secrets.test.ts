import { expect, test } from 'vitest'
import { isMarked, secretMark, Secrets } from './secrets.ts'

const KEY = 'sk-gauntlet-0123456789abcdef'
const secrets = new Secrets({ 'caller-key': KEY, 'upstream-address': '127.0.0.1:9' })
const chunks = (...parts: (string | Buffer)[]) => secrets.chunks(parts.map((part) => Buffer.from(part)))

test('a secret in a text gives way to a mark of the same length', () => {
  const text = secrets.text(`Bearer ${KEY}, ${KEY}`)
  expect(text).not.toContain('0123')
  expect(text).toHaveLength(`Bearer ${KEY}, ${KEY}`.length)
  expect(isMarked(text, 'caller-key')).toBe(true)
  expect(isMarked(text, 'upstream-address')).toBe(false)
  expect(secrets.text('nothing to hide')).toBe('nothing to hide')
})

test('a secret that spans chunks, wherever they are cut, is found, and the chunks keep their sizes', () => {
  const whole = `{"key":"${KEY}"}`
  for (let cut = 1; cut < whole.length; cut++) {
    const found = chunks(whole.slice(0, cut), whole.slice(cut))
    expect(found.map((c) => c.length)).toEqual([cut, whole.length - cut])
    expect(isMarked(Buffer.concat(found).toString(), 'caller-key')).toBe(true)
    expect(Buffer.concat(found).toString()).not.toContain('abcdef')
  }
  const bytes = whole.split('')
  expect(chunks(...bytes).map((c) => c.length)).toEqual(bytes.map(() => 1))
  expect(Buffer.concat(chunks(...bytes)).toString()).toBe(`{"key":"${secretMark('caller-key', KEY.length)}"}`)
})

test('chunks without a secret are returned as they came, also ones that are not text', () => {
  const bytes = [Buffer.from([0xff, 0x00]), Buffer.alloc(0), Buffer.from('🦊')]
  expect(secrets.chunks(bytes)).toEqual(bytes)
  const touched = secrets.chunks([Buffer.from([0xff]), Buffer.from(KEY), Buffer.from([0xfe])])
  expect([touched[0]?.[0], touched[2]?.[0]]).toEqual([0xff, 0xfe])
})

test('the evidence given in is not changed', () => {
  const chunk = Buffer.from(KEY)
  secrets.chunks([chunk])
  expect(chunk.toString()).toBe(KEY)
})

test('a secret of several bytes a character keeps the size too', () => {
  const own = new Secrets({ 'caller-key': 'schlüssel-größer-als-acht' })
  const text = Buffer.from('x schlüssel-größer-als-acht y')
  const [found] = own.chunks([text])
  expect(found?.length).toBe(text.length)
  expect(found?.toString()).toMatch(/^x <<secret caller-key>>\.+ y$/)
})

test('of two secrets that begin alike neither leaves a rest', () => {
  const own = new Secrets({ 'caller-key': 'sk-12345678', 'upstream-key': 'sk-12345678-and-more' })
  const text = own.text('sk-12345678-and-more sk-12345678')
  expect(text).not.toContain('more')
  expect([isMarked(text, 'caller-key'), isMarked(text, 'upstream-key')]).toEqual([true, true])
})

test('marks of different names are told apart at every length', () => {
  const names = ['caller-key', 'upstream-key', 'upstream-address', 'upstream-address-2']
  for (const name of names) {
    for (const length of [8, 11, 15, 20, 24, 44]) {
      const mark = secretMark(name, length)
      expect(mark).toHaveLength(length)
      expect(names.filter((other) => isMarked(mark, other))).toEqual([name])
    }
  }
})

test('what is shorter than eight characters is no secret: it would be found everywhere', () => {
  expect(new Secrets({ 'caller-key': 'test' }).text('this is a test')).toBe('this is a test')
})

import { expect, test } from 'vitest'
import { clip, oneLine, visible } from './visible.ts'
import { displayWidth, fit, wrap, wrapAtMost } from './width.ts'
import { duration, repeats } from './words.ts'

test('what moves a cursor, reorders a line or is no character is written as an escape', () => {
  expect(visible('a\u0000\u001B[2J\u007F\u009B\u202E\uFEFF\uD800z')).toBe(String.raw`a\x00\x1B[2J\x7F\x9B\u{202E}\u{FEFF}` + '\uFFFDz')
  expect(visible('line\n\ttab 👩‍👧')).toBe('line\n\ttab 👩‍👧')
  expect(oneLine(' a\r\n  b\tc ')).toBe('a ⏎ b c')
})

test('a clipped value says how much is missing', () => {
  expect(clip('abcdef', 6)).toBe('abcdef')
  expect(clip('abcdefgh', 3)).toBe('abc… (5 more characters)')
})

test('width counts columns, not code units', () => {
  expect([displayWidth('abc'), displayWidth('漢字'), displayWidth('👩‍👧'), displayWidth('é')]).toEqual([3, 4, 2, 1])
  expect(fit('漢字漢字', 5)).toBe('漢字…')
  expect(displayWidth(fit('漢字漢字', 6))).toBeLessThanOrEqual(6)
})

test('lines break between words, and inside one only when it is longer than a line', () => {
  expect(wrap('a stream the upstream', 8)).toEqual(['a stream', 'the', 'upstream'])
  expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij'])
  expect(wrapAtMost('one two three four', 7, 2)).toEqual(['one two', 'three…'])
})

test.each([[0, '0 ms'], [999.4, '999 ms'], [999.6, '1.0 s'], [9949, '9.9 s'], [9951, '10 s'], [59_499, '59 s'], [59_600, '1 min 00 s'], [125_000, '2 min 05 s']])('%d ms is %s', (ms, words) => {
  expect(duration(ms)).toBe(words)
})

test('a failure that did not repeat each time is called flaky', () => {
  expect([repeats({ flaky: null }), repeats({ flaky: { failed: 5, of: 5 } }), repeats({ flaky: { failed: 2, of: 5 } })]).toEqual(['', '5/5', 'flaky 2/5'])
})

import { expect, test } from 'vitest'
import { Redactor } from './redactor.ts'
import type { RedactorOptions, SecretKind } from './redactor.ts'

const kinds = new Set<SecretKind>(['ssn', 'card', 'api-key'])
const create = (options: Partial<RedactorOptions> = {}): Redactor => new Redactor({ kinds, found() {}, ...options })

function redacted(pieces: Iterable<string>, options: Partial<RedactorOptions> = {}): string {
  const redactor = create(options)
  let out = ''
  for (const piece of pieces) out += redactor.push(piece)
  return out + redactor.end()
}

/** The same rules over a whole text, said with regular expressions and without any state. */
function reference(text: string): string {
  const spans: [number, number][] = []
  for (const { index, 1: run = '', 0: match } of text.matchAll(/(?<![A-Za-z0-9])sk[-_](?=([A-Za-z0-9_-]{0,20}))[A-Za-z0-9_-]*/g)) {
    for (let at = index; at < index + match.length; at++) {
      const inner = /^sk[-_]([A-Za-z0-9_-]{0,20})/.exec(text.slice(at))?.[1] ?? (at === index ? run : '')
      if (/[A-Za-z0-9]/.test(text[at - 1] ?? '') || !(inner.length === 20 || (inner.length >= 8 && /\d/.test(inner)))) continue
      spans.push([at, index + match.length])
      break
    }
  }
  const words = [...text.matchAll(/[A-Za-z0-9]+(?:(?:[-_‐‑](?=[A-Za-z0-9])|(?<=\d)[.‒–−](?=\d))[A-Za-z0-9]+)*/g)].map(({ 0: word, index }) => ({ word, from: index, to: index + word.length }))
  const isNumber = (word: string): boolean => /^\d+(?:[-‐‑‒–−]\d+)*$/.test(word)
  for (const [first, { word, from, to }] of words.entries()) {
    if (/^\d{3}[-‐‑‒–−]\d{2}[-‐‑‒–−]\d{4}$/.test(word)) spans.push([from, to])
    for (let last = first; last < words.length; last++) {
      const chain = words.slice(first, last + 1)
      if (!chain.every((link, nth) => isNumber(link.word) && (nth === 0 || /^[ \u00a0\u202f\u2007\u2009]$/.test(text.slice(chain[nth - 1]?.to, link.from))))) break
      const end = words[last]?.to ?? 0
      const digits = text.slice(from, end).replaceAll(/\D/g, '')
      if (digits.length >= 13 && digits.length <= 19 && /[1-9]/.test(digits) && luhn(digits)) spans.push([from, end])
    }
  }
  let out = ''
  let shown = 0
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    if (from >= shown) out += `${text.slice(shown, from)}[redacted]`
    shown = Math.max(shown, to)
  }
  return out + text.slice(shown)
}

function luhn(digits: string): boolean {
  const sum = digits.split('').toReversed().reduce((total, digit, nth) => total + (nth % 2 === 0 ? Number(digit) : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)] ?? 0), 0)
  return sum % 10 === 0
}

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

test.each([
  ['My SSN is 123-45-6789.', 'My SSN is [redacted].'],
  ['123\u201145\u20116789', '[redacted]'],
  ['(123-45-6789)', '([redacted])'],
  ['Visa 4111 1111 1111 1111, Amex 3782-822463-10005!', 'Visa [redacted], Amex [redacted]!'],
  ['卡号4111111111111111。', '卡号[redacted]。'],
  ['card=4222222222222;', 'card=[redacted];'],
  ['6304 0000 0000 0000 000', '[redacted]'],
  ['6304000000000000001', '6304000000000000001'],
  ['63040000000000000000', '63040000000000000000'],
  ['4111111111111112', '4111111111111112'],
  ['_4111111111111111_ and **4111 1111 1111 1111**', '_[redacted]_ and **[redacted]**'],
  ['4111 1111 1111 1111 123 is card and code', '[redacted] 123 is card and code'],
  ['buy 12 4111 1111 1111 1111', 'buy 12 [redacted]'],
  ['key sk-abcdef123456, sk-proj-AbCdEfGhIjKlMnOpQrSt_-9 and sk_live_0123456789abcdef.', 'key [redacted], [redacted] and [redacted].'],
  ['"sk-ant-api03-x1"', '"[redacted]"'],
])('%s', (text, expected) => {
  expect(redacted([text])).toBe(expected)
})

test.each([
  ['a digit run in a longer word', 'n1588572764-f0 n4111111111111111 4111111111111111n id_4111111111111111 req-4111111111111111 4111111111111111-f0'],
  ['an SSN in a longer word', 'a123-45-6789 123-45-67890 0123-45-6789 1-123-45-6789 123-45-6789-x'],
  ['a UUID', '550e8400-e29b-41d4-a716-446655440000 00000000-0000-0000-0000-000000000018 12345678-1234-4111-8111-a11111111111'],
  ['a long decimal number', '3.141592653589793 0.4111111111111111 4111111111111111.25'],
  ['a date, a time, a version, an address', '2024-01-02 13:45:59 1.2.3 192.168.100.200'],
  ['zeros', '0000 0000 0000 0000'],
  ['a word with sk in it', 'risk-averse task-force-12345678901234567890 sk-learn sk_buff desk-1234567890 SK-1234567890123'],
  ['two blanks', '4111 1111  1111 1111'],
])('%s is left alone', (_name, text) => {
  expect(redacted([text])).toBe(text)
})

test('only what is configured is looked for', () => {
  const text = '123-45-6789 4111111111111111 sk-abcdef123456'
  expect(redacted([text], { kinds: new Set(['ssn']) })).toBe('[redacted] 4111111111111111 sk-abcdef123456')
  expect(redacted([text], { kinds: new Set(['card']) })).toBe('123-45-6789 [redacted] sk-abcdef123456')
  expect(redacted([text], { kinds: new Set(['api-key']) })).toBe('123-45-6789 4111111111111111 [redacted]')
  expect(redacted(text, { kinds: new Set() })).toBe(text)
})

test('each mark is told with its kind', () => {
  const told: SecretKind[] = []
  redacted(['123-45-6789 12 4111 1111 1111 1111 sk-abcdef', '123456'], { found: (kind) => told.push(kind) })
  expect(told).toEqual(['ssn', 'card', 'api-key'])
})

test('words go out as they come, with nothing held back', () => {
  const redactor = create()
  for (const word of ['The ', 'quick', ' brown fox', ' asks', ' — "why?"', '\n\n- risk', ' task-', 'force 🌊', ' 界', '.', ' disk_', ' k-means', ' skip', ' sketch']) expect(redactor.push(word)).toBe(word)
})

test.each([
  ['a number', ' 42', ' ', ' apples', '42 apples'],
  ['a number at the end of a sentence', ' in 2024', ' in ', '.\n', '2024.\n'],
  ['an s', " it'", " it'", 's', ''],
  ['a word with s', 's', '', 'um', 'sum'],
  ['sk', 'sk', '', 'ip', 'skip'],
  ['a short key', 'sk-ab', '', ' x', 'sk-ab x'],
])('%s waits for the next piece and no longer', (_name, first, shown, second, then) => {
  const redactor = create()
  expect(redactor.push(first)).toBe(shown)
  expect(redactor.push(second)).toBe(then)
})

test('a key is marked as soon as it is one, and its rest is swallowed as it comes', () => {
  const redactor = create()
  expect(redactor.push('see sk-abcdef')).toBe('see ')
  expect(redactor.push('123456')).toBe('[redacted]')
  expect(redactor.push('7890')).toBe('')
  expect(redactor.push('_tail ok')).toBe(' ok')
})

// Few letters, so that what is nearly a secret comes up often.
const alphabets = ['0123456789', '4111 1111', '0123456789 -', '041 -_.a', '0123456789 --__..sk\u2011\u2013\u00a0x\n', 'sk-_0a ', 'sk-abcdefgh12 s']
const text = (random: () => number): string => {
  const letters = alphabets[Math.floor(random() * alphabets.length)] ?? ''
  return Array.from({ length: Math.floor(random() * 60) }, () => letters[Math.floor(random() * letters.length)]).join('')
}

test('random texts: the same as the reference, whole and in random pieces', () => {
  const random = randomOf(1)
  let found = 0
  for (let round = 0; round < 6_000; round++) {
    const whole = Array.from({ length: 3 }, () => text(random)).join(' ')
    const expected = reference(whole)
    if (expected !== whole) found++
    const pieces: string[] = []
    for (let at = 0, to = 0; at < whole.length; at = to) pieces.push(whole.slice(at, to = at + 1 + Math.floor(random() * 12)))
    const outs = [redacted([whole]), redacted(pieces), redacted(whole)]
    if (outs.some((out) => out !== expected)) expect({ pieces, outs }).toEqual({ pieces, outs: outs.map(() => expected) })
  }
  // Texts that hold nothing would prove nothing.
  expect(found).toBeGreaterThan(300)
})

const planted = ['123-45-6789', '078-05-1120', '4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', '6011 0009 9013 9424', '4222222222222', '6304 0000 0000 0000 0', 'sk-abcdef1234567890', 'sk-proj-abcdefghijklmnopqrstuvwxyz', 'sk_test_51HxYzAbCdEf']
const fillers = ['the ', 'Order n1588572764-f0: ', 'sum ', '42 ', '17 apples, ', 'in 2024. ', 's', 'risk ', '🌊', '(', ') ', '"', ': ', '\n', '1 2 3 ', '550e8400-e29b-41d4-a716-446655440000 ', 'sk-learn ', '3.14159, ']

function plantedText(random: () => number): { readonly whole: string; readonly secrets: string[] } {
  const secrets: string[] = []
  let whole = ''
  for (let n = 1 + Math.floor(random() * 5); n > 0; n--) {
    whole += fillers[Math.floor(random() * fillers.length)]
    if (random() < 0.5) continue
    const secret = planted[Math.floor(random() * planted.length)] ?? ''
    secrets.push(secret)
    whole += `${/[A-Za-z0-9]$/.test(whole) ? ' ' : ''}${secret}${['', '.', ' ', ', ', '\n'][Math.floor(random() * 5)]} `
  }
  return { whole, secrets }
}

test('planted secrets: at every split in two and one by one, nobody ever sees one', () => {
  const random = randomOf(2)
  for (let round = 0; round < 400; round++) {
    const { whole, secrets } = plantedText(random)
    const expected = redacted([whole])
    expect(expected).toBe(reference(whole))
    for (let at = 0; at <= whole.length; at++) {
      for (const pieces of at === 0 ? [whole.split('')] : [[whole.slice(0, at), whole.slice(at)]]) {
        const redactor = create()
        let seen = ''
        for (const piece of pieces) {
          seen += redactor.push(piece)
          for (const secret of secrets) if (seen.includes(secret)) throw new Error(`${secret} in ${seen}`)
        }
        expect(seen + redactor.end()).toBe(expected)
      }
    }
  }
})

// Zeros are no card, however many: so what is not shown is what is held back.
test.each([['0 ', 38], ['0-', 38], ['0', 19], ['000 ', 25], ['sk-aaaaaaaaaaaaaaaaaaa.', 22]])('of %j again and again %i characters are held back at most', (unit, expected) => {
  const redactor = create()
  let held = 0
  let most = 0
  for (const char of unit.repeat(50)) {
    held += char.length - redactor.push(char).length
    most = Math.max(most, held)
  }
  expect(most).toBe(expected)
})

test.each([
  ['digits', '1'],
  ['digits and blanks', '1 '],
  ['digits and dashes', '1-'],
  ['digits and dots', '1.'],
  ['cards', '4111 1111 1111 1111 '],
  ['near SSNs', '123-45-678 '],
  ['begins of keys', 'sk-'],
  ['near keys', 'sk-aaaaaaaaaaaaaaaaaaa.'],
  ['the letter s', 's'],
])('a megabyte of %s takes its time once', (_name, unit) => {
  const megabyte = (size: number): number => {
    const input = unit.repeat(Math.ceil(size / unit.length))
    const before = process.cpuUsage()
    redacted([input])
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  megabyte(100_000)
  // Time that grows with the square would be a hundredfold of this.
  expect(megabyte(1_000_000)).toBeLessThan(5_000)
}, 30_000)

import { expect, test } from 'vitest'
import { contrast, dark, light } from './palette.ts'

const TEXT = ['ink', 'dim', 'pass', 'warn', 'fail', 'unk', 'fault', 'calm'] as const
const GROUNDS = ['bg', 'card', 'lane'] as const

test('the formula is WCAG: black on white is 21', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})

test.each([['light', light], ['dark', dark]] as const)('%s: text reaches 4.5:1 on every ground, signs on their cells, lines 3:1', (_name, palette) => {
  for (const text of TEXT) for (const ground of GROUNDS) expect(contrast(palette[text], palette[ground]), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
  for (const cell of ['pass', 'warn', 'fail', 'unk', 'calm'] as const) expect(contrast(palette.sign, palette[cell]), `sign on ${cell}`).toBeGreaterThanOrEqual(4.5)
  for (const line of ['skip', 'wire'] as const) for (const ground of ['bg', 'card'] as const) expect(contrast(palette[line], palette[ground]), `${line} on ${ground}`).toBeGreaterThanOrEqual(3)
})

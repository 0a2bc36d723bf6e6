import { expect, test } from 'vitest'
import { summaryLines } from './console/summary.ts'
import console from './console.ts'
import { displayWidth } from './lib/width.ts'
import { green, sample } from './sample.ts'

const paths = { html: '.gauntlet/latest/report.html' }

test('is the screen it was', async () => {
  await expect(await console.render(sample, { paths })).toMatchFileSnapshot('__golden__/console.txt')
})

test('a green run of 60 scenarios fits on a screen of 24 lines', () => {
  const lines = summaryLines(green(60), { paths })
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(lines).toContain('Conformant · 60 passed of 60 · 38 s')
})

test('thirty areas fold into one screen, and the one with a finding stays', () => {
  const report = green(60)
  const scenarios = report.scenarios.map((s, i) => ({ ...s, id: `area-${String(i % 30)}/case-${String(i)}`, verdict: i === 59 ? ('warn' as const) : s.verdict }))
  const lines = summaryLines({ ...report, scenarios }, { paths })
  expect(lines.length).toBeLessThanOrEqual(24)
  expect(lines.find((line) => line.includes('area-29'))).toContain('! case-59')
  expect(lines.find((line) => line.includes('18 more'))).toContain('36/36')
})

test.each([40, 60, 80, 100, 120])('at %i columns only what is for copying is longer than the line', (width) => {
  const long = summaryLines(sample, { width, paths }).filter((line) => displayWidth(line) > width)
  for (const line of long) expect(line).toMatch(/^report |--only/)
})

test('evidence cannot move the cursor or reorder the line', () => {
  const text = summaryLines(sample).join('\n')
  expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  expect(text).toContain(String.raw`\x1B[2J\u{202E}`)
})

test('a run that did not complete never says conformant, whatever its summary claims', () => {
  const report = green(8)
  const painted: string[] = []
  const lines = summaryLines(
    { ...report, run: { ...report.run, complete: false, executed: 8, selected: 44, stopped: 'toxiproxy died' } },
    { paint: (style, text) => { painted.push(style); return text } },
  )
  expect(lines).toContain('Incomplete · toxiproxy died · 8 of 44 ran · 38 s')
  expect(lines.at(-2)).toMatch(/^next Nothing here counts as green/)
  expect(painted).not.toContain('pass')
})

test.each([
  ['a run that executed nothing', { ...green(4), scenarios: [], run: { ...green(4).run, executed: 0 } }, 'Incomplete'],
  ['a summary that contradicts its scenarios', { ...sample, summary: { ...sample.summary, verdict: 'conformant' as const } }, 'Not conformant'],
  ['a summary that hides an unknown', { ...sample, scenarios: sample.scenarios.filter((s) => s.verdict !== 'fail'), summary: { ...sample.summary, verdict: 'conformant' as const } }, 'Not proved'],
])('%s is not green', (_name, report, word) => {
  expect(summaryLines(report).find((line) => line.startsWith(word))).toBeDefined()
})

test.each([
  ['not conformant', sample, 'next Run a failed scenario alone'],
  ['not proved', { ...sample, scenarios: sample.scenarios.filter((s) => s.verdict !== 'fail'), summary: { ...sample.summary, verdict: 'not proved' as const } }, 'next Not proved is not passed. On a quiet machine, run again: npx gauntlet run --only breaker/half-open-herd'],
  ['skipped', { ...sample, scenarios: sample.scenarios.filter((s) => ['pass', 'skipped'].includes(s.verdict)), summary: { ...sample.summary, verdict: 'conformant' as const } }, 'next 1 scenario could not run. gauntlet install redis'],
  ['green', green(8), 'next Keep it so'],
])('after a run that is %s the next step is its own', (_name, report, start) => {
  expect(summaryLines(report, { width: 120 }).join('\n').replaceAll(' \\\n    ', ' ')).toContain(start)
})

import { expect, test } from 'vitest'
import markdown from './markdown.ts'
import { HOSTILE, sample } from './sample.ts'

test('is the page it was', async () => {
  await expect(await markdown.render(sample)).toMatchFileSnapshot('__golden__/summary.md')
})

test('evidence becomes neither markup nor mention nor link', async () => {
  const scenario = sample.scenarios[2]
  if (scenario === undefined) throw new Error('no scenario')
  const evil = `${HOSTILE} [x](https://evil.example) ![i](https://evil.example/i.png) @everyone | \`code\``
  const text = await markdown.render({ ...sample, scenarios: [{ ...scenario, title: evil, repro: evil }] })
  const prose = text.split('\n').filter((line) => line.startsWith('###')).join('\n')
  expect(prose).not.toMatch(/<|[^\\]\[|https?:\/\/|@everyone|[^\\]\|/)
  expect(text).toContain(`\`\` ${evil} \`\``)
})

test('a run that did not complete says so first', async () => {
  const passed = sample.scenarios.filter((s) => s.verdict === 'pass')
  const text = await markdown.render({ ...sample, scenarios: passed, run: { ...sample.run, complete: false, executed: 5, stopped: 'SIGTERM' } })
  expect(text.split('\n').slice(0, 3)).toEqual(['## ⛔ Incomplete: example gateway 1.0.0', '', '5 of 12 scenarios ran: SIGTERM · 38 s · seed 7 · suite 0.1.0'])
})

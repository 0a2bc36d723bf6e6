import { expect, test } from 'vitest'
import type { Report } from '../schemas/report.ts'
import html from './html.ts'
import { green, HOSTILE, sample } from './sample.ts'
import { row } from './testing/timelines.ts'

const render = async (report: Report): Promise<string> => await html.render(report)
const bytes = (text: string): number => Buffer.byteLength(text)
const section = (page: string, id: string): string => {
  const from = page.indexOf(`id="${id}"`)
  return page.slice(from, page.indexOf('</section>', from))
}
const embedded = (page: string): Report => JSON.parse(/<script type="application\/json" id="report"[^>]*>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? 'null') as Report

test('a failed scenario shows requirement, source, expected, actual, both sides and the line to see it again', async () => {
  const card = section(await render(sample), 'streaming/upstream-eof-mid-stream')
  expect(card).toContain('<span class="tag v">✗ fail 5/5</span><span class="tag">streaming/upstream-eof-mid-stream</span><span class="tag">MUST · de-facto</span>')
  expect(card).toContain('<p>A stream that the upstream did not finish must not look finished:')
  expect(card).toContain('<cite>openai-node 7, src/core/streaming.ts: ends without error at [DONE] · fault.cut.visible</cite>')
  expect(card).toContain('<h5>Expected</h5><p>error event, or connection closed abnormally</p>')
  expect(card).toContain('<h5>Actual</h5><p>finish_reason &quot;stop&quot;, then [DONE], clean close; 3 of 60 words arrived</p>')
  expect(card.match(/<div class="chk/g)).toHaveLength(2)
  for (const side of ['caller', 'target', 'upstream · primary']) expect(card).toContain(`text-anchor="middle">${side}</text>`)
  expect(card).toContain('<title>92.6 ms upstream → target: fault: FIN after chunk 3 of 60</title>')
  expect(card).toContain('<summary>3 checks passed</summary>')
  expect(card).toContain('<code class="repro">npx gauntlet run --only streaming/upstream-eof-mid-stream --seed 7</code>')
})

test('failures come first, then what is not proved, then warnings; the rest below', async () => {
  const page = await render(sample)
  const order = ['streaming/error-echo', 'streaming/upstream-eof-mid-stream', 'streaming/client-disconnect', 'breaker/half-open-herd', 'wire/oversize-413', 'breaker/shared-state', 'embeddings/shape', 'wire/models-list']
  const places = order.map((id) => page.indexOf(`id="${id}"`))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places[0]).toBeGreaterThan(0)
})

test('every cell leads to a place on the page, and no id stands twice', async () => {
  const twice = sample.scenarios.slice(0, 2).map((s) => ({ ...s, id: 'same/id' }))
  const page = await render({ ...sample, scenarios: [...sample.scenarios, ...twice] })
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1])
  const links = [...page.matchAll(/<a class="c [a-z]" href="#([^"]+)"/g)].map((match) => match[1])
  expect(new Set(ids).size).toBe(ids.length)
  expect(links).toHaveLength(14)
  expect(ids).toEqual(expect.arrayContaining(links))
})

test('nothing is loaded: no address outside text, no script, a policy that forbids the rest', async () => {
  const page = await render(sample)
  const markup = page.replace(/<script type="application\/json"[\s\S]*?<\/script>/, '')
  for (const tag of markup.match(/<[^>]+>/g) ?? []) expect(tag).not.toMatch(/https?:|\bsrc=|url\(|<(script|link|img|iframe|object|embed|base)\b|\son\w+=|\sstyle=/i)
  expect(markup).not.toMatch(/@import|url\(/)
  expect(markup).toContain('rfc-editor.org')
  expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-`)
})

test('hostile evidence stays text, in the page and in the document inside it', async () => {
  const page = await render(sample)
  expect(page.match(/<script/g)).toHaveLength(1)
  expect(page).not.toMatch(/<svg onload|<img|<b onmouseover|<i>/)
  expect(page).toContain('&lt;/script&gt;&lt;svg onload=alert(1)&gt;')
  expect(page).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  expect(JSON.stringify(embedded(page))).toContain(HOSTILE)
})

test('the document inside is the report, whole', async () => {
  expect(embedded(await render(sample))).toEqual(sample)
})

test.each([
  ['60 scenarios with full time lines', green(60)],
  ['400 scenarios', green(400)],
  ['megabytes of evidence in every value', { ...green(60), scenarios: green(60).scenarios.map((s) => ({ ...s, verdict: 'fail' as const, checks: s.checks.map((c) => ({ ...c, verdict: 'fail' as const, actual: '<'.repeat(100_000) })) })) }],
])('%s stay below one megabyte, and what is left out is said', async (_name, report) => {
  const page = await render(report)
  expect(bytes(page)).toBeLessThan(1_000_000)
  expect(embedded(page).scenarios).toHaveLength(report.scenarios.length)
  expect(page).toMatch(/more request|more characters|data-left-out="no/)
})

test('a run that did not complete has no green on it', async () => {
  const passed = sample.scenarios.filter((s) => s.verdict === 'pass')
  const page = await render({ ...green(4), scenarios: passed, run: { ...sample.run, complete: false, executed: 5, stopped: 'SIGTERM' } })
  expect(page).toContain('<body class="incomplete">')
  expect(page).toContain('.incomplete{--pass:var(--calm)}')
  expect(page).toContain('<div class="verdict f"><p><b>Incomplete</b><span>5 of 12 scenarios ran: SIGTERM. Nothing on this page counts as green.</span>')
  expect(page).toContain('<title>Incomplete · ')
})

test('a long quiet stretch is one line and a remarkable row is never in it', async () => {
  const [base] = sample.scenarios
  if (base === undefined) throw new Error('no scenario')
  const rows = Array.from({ length: 200 }, (_, i) => row(i * 10, 'u>t', `chunk ${String(i)}`, i === 120 ? 'bad' : 'dim', 'primary'))
  const page = await render({ ...sample, scenarios: [{ ...base, timelines: [{ nonce: 'n', label: 'l', rows }] }] })
  expect([...page.matchAll(/… (\d+) more chunks, ([\d–]+) ms/g)].map((m) => [m[1], m[2]])).toEqual([['117', '20–1180'], ['76', '1230–1980']])
  expect(page).toContain('✗ chunk 120')
})

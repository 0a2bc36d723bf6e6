import { describe, expect, it } from 'vitest'
import { assembleSloReport } from './assemble.ts'
import { renderSloConsole } from './console.ts'
import { duration, percent } from './format.ts'
import { renderSloHtml } from './html.ts'
import { SloReport } from './report.ts'
import { evidence, failed, load, ok, refused, timeout } from './testing.ts'

const report = (points: ReturnType<typeof load>, changes = {}): SloReport => assembleSloReport(evidence(points, changes))

describe('percent', () => {
  it.each([
    [0, '0 %'], [0.00288, '0.29 %'], [0.05, '5 %'], [0.128, '12.8 %'], [0.995, '99.5 %'], [1, '100 %'],
    [0.99999, '> 99.99 %'], [0.000001, '< 0.01 %'], [0.9977, '99.77 %'],
  ])('%f reads %s', (value, text) => expect(percent(value)).toBe(text))
})

describe('duration', () => {
  it.each([[null, 'never'], [2.345, '2.35 ms'], [840.4, '840 ms'], [4000, '4 s'], [20_500, '20.5 s'], [1_200_000, '20 min']])('%f reads %s', (ms, text) => expect(duration(ms)).toBe(text))
})

describe('console', () => {
  it('shows a pass on one screen', () => {
    const text = renderSloConsole(report(load(1200, () => ok())), 'out/slo-report.html')
    expect(text).toContain('1200 requests scheduled = 1200 ok + 0 policy + 0 error + 0 timeout + 0 dropped + 0 interrupted')
    expect(text).toMatch(/✓ Requests answered properly +≥ 99\.5 % +100 % +≥ 99\.75 % +1200 +PASS/)
    expect(text).toContain('PASS · 3 objectives proved for this profile')
    expect(text.split('\n').length).toBeLessThan(40)
    expect(text.split('\n').every((line) => line.length <= 112)).toBe(true)
  })

  it('shows a failure with its reason and the bound that proves it', () => {
    const text = renderSloConsole(report(load(1200, (i) => (i % 20 === 9 ? failed() : ok()))))
    expect(text).toMatch(/✗ Requests answered properly .* 95 % +≤ 96 % +1200 +FAIL/)
    expect(text).toContain('not ok: 60 http-502')
    expect(text).toContain('FAIL · requests answered properly: 95 %; errors outside policy: 5 %')
  })

  it('shows a hang as never answered', () => {
    expect(renderSloConsole(report(load(1200, () => timeout)))).toContain('p50 never · p95 never · p99 never · slowest answer –')
  })

  it('sends the reader of a policy run to the rate limit', () => {
    expect(renderSloConsole(report(load(1200, () => refused)))).toContain('next: raise or lift the rate limit')
  })

  it('says when the ledger does not close', () => {
    const text = renderSloConsole(report(load(900, () => ok())))
    expect(text).toContain('DOES NOT CLOSE')
    expect(text).toMatch(/! Requests answered properly +≥ 99\.5 % +– +– /)
    expect(text).toContain('HARNESS ERROR · this run says nothing of the target')
  })
})

describe('html', () => {
  it('loads nothing, escapes everything and carries the report', () => {
    const hostile = report(load(1200, () => ok()), { target: { name: '<script>alert(1)</script>', version: '"x"', baseURL: 'http://127.0.0.1:9/v1', model: '</script>' } })
    const html = renderSloHtml(hostile)
    expect(html).not.toMatch(/<script>alert|(?:src|href)=|@import|url\(/)
    expect(html.match(/<\/script>/g)).toHaveLength(1)
    const embedded = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
    expect(SloReport.parse(JSON.parse(embedded))).toEqual(hostile)
    expect(html.length).toBeLessThan(100_000)
  })

  it.each([
    ['healthy', load(1200, (i) => ok(20 + (i % 50)))],
    ['failing', load(1200, (i) => (i % 20 === 9 ? failed() : ok(i * 4)))],
    ['hanging', load(1200, () => timeout)],
    ['refused', load(1200, () => refused)],
    ['empty', load(0, () => ok())],
  ])('draws a %s run without a broken number', (_, points) => {
    const html = renderSloHtml(report(points))
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
    expect(html).toContain('What this run does not establish')
  })

  it('ends the curve below 100 % when requests were never answered', () => {
    const path = /<path d="([^"]*)"/.exec(renderSloHtml(report(load(1200, (i) => (i % 2 === 0 ? ok() : timeout)))))?.[1]
    // y is 22 at 100 % and 240 at 0 %.
    expect(path).toMatch(/V131\.0H970$/)
  })
})

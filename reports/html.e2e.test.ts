import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import html from './html.ts'
import { green, sample } from './sample.ts'
import { findChromium, startChromium, type Browser } from './testing/chromium.ts'

const executable = findChromium()
const required = process.env['GAUNTLET_REQUIRE_CHROMIUM'] === '1'
const name = executable === undefined ? 'the page in a browser (chromium is not on PATH)' : 'the page in a browser'

/** Texts that overlap another text of the same time line, as the browser laid them out. */
const OVERLAPS = `[...document.querySelectorAll('svg')].flatMap((svg) => {
  const boxes = [...svg.querySelectorAll('text')].map((t) => [t.textContent, t.getBoundingClientRect()])
  return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).flatMap(([b, q]) =>
    p.width && q.width && p.left < q.right - 1 && q.left < p.right - 1 && p.top < q.bottom - 3 && q.top < p.bottom - 3 ? [a + ' / ' + b] : []))
})`
const OUTSIDE = `[...document.querySelectorAll('svg text')].filter((t) => { const p = t.getBoundingClientRect(), s = t.closest('svg').getBoundingClientRect(); return p.width && (p.left < s.left - 1 || p.right > s.right + 1 || p.bottom > s.bottom + 1) }).map((t) => t.textContent)`

describe.skipIf(executable === undefined && !required)(name, () => {
  let browser: Browser
  let [page, opened, large] = ['', '', '']

  beforeAll(async () => {
    if (executable === undefined) throw new Error('GAUNTLET_REQUIRE_CHROMIUM is 1 and no chromium is on PATH: install it, or set CHROMIUM to its path')
    const dir = await mkdtemp(join(tmpdir(), 'gauntlet-page-'))
    const put = async (file: string, text: string): Promise<string> => {
      await writeFile(join(dir, file), text)
      return pathToFileURL(join(dir, file)).href
    }
    const text = await html.render(sample)
    page = await put('report.html', text)
    opened = await put('opened.html', text.replaceAll('<details', '<details open'))
    large = await put('large.html', await html.render(green(60)))
    browser = await startChromium(executable)
  })
  afterAll(async () => browser?.[Symbol.asyncDispose]())

  test('the failed scenario shows both sides, expected against actual, and the line to see it again', async () => {
    const view = await browser.open(page, { width: 1200 })
    const failed = await view.evaluate<Record<string, string[]>>(`(() => {
      const at = document.getElementById('streaming/upstream-eof-mid-stream')
      const texts = (selector) => [...at.querySelectorAll(selector)].map((node) => node.textContent)
      return { heads: texts('svg .h'), ea: texts('.chk:first-of-type .ea p'), bad: texts('svg .b text:not(.t)'), fault: texts('svg .k text:not(.t)'), repro: texts('.repro') }
    })()`)
    expect(failed).toEqual({
      heads: ['caller', 'target', 'upstream · primary'],
      ea: ['error event, or connection closed abnormally', 'finish_reason "stop", then [DONE], clean close; 3 of 60 words arrived'],
      bad: ['✗ finish_reason “stop”', '✗ [DONE] · clean close'],
      fault: ['fault: FIN after chunk 3 of 60'],
      repro: ['npx gauntlet run --only streaming/upstream-eof-mid-stream --seed 7'],
    })
  })

  test('it loads only itself, breaks no policy, and no evidence runs even where scripts may', async () => {
    const view = await browser.open(page, { width: 1200, script: true })
    expect(view.requests).toEqual([page])
    expect(view.complaints).toEqual([])
    expect(await view.evaluate<string[]>(`[...document.querySelectorAll('script,[onload],[onerror],[onmouseover],img')].map((n) => n.outerHTML.slice(0, 40))`)).toEqual([
      '<script type="application/json" id="report',
    ].map((start) => start.slice(0, 40)))
    expect(await view.evaluate<number>(`JSON.parse(document.getElementById('report').textContent).scenarios.length`)).toBe(12)
  })

  test.each([320, 400, 768, 1200, 2000])('at %i pixels the page does not scroll sideways', async (width) => {
    for (const url of [page, opened, large]) {
      const view = await browser.open(url, { width })
      expect(await view.evaluate<number>(`document.documentElement.scrollWidth - document.documentElement.clientWidth`)).toBeLessThanOrEqual(0)
    }
  })

  test('in no time line does a text overlap another or leave the drawing', async () => {
    const view = await browser.open(opened, { width: 1200 })
    expect(await view.evaluate<string[]>(OVERLAPS)).toEqual([])
    expect(await view.evaluate<string[]>(OUTSIDE)).toEqual([])
  })

  test('light, dark and paper each have their ground', async () => {
    const ground = async (view: { dark?: boolean; print?: boolean }) =>
      (await browser.open(page, { width: 800, ...view })).evaluate<string>(`getComputedStyle(document.body).backgroundColor`)
    expect([await ground({}), await ground({ dark: true }), await ground({ dark: true, print: true })]).toEqual(['rgb(251, 250, 247)', 'rgb(21, 23, 26)', 'rgb(251, 250, 247)'])
  })

  test('every cell can be reached by keyboard and has a name', async () => {
    const view = await browser.open(page, { width: 1200 })
    expect(await view.evaluate<string[]>(`[...document.querySelectorAll('.cells a')].filter((a) => a.tabIndex < 0 || !a.getAttribute('aria-label') || !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map((a) => a.outerHTML)`)).toEqual([])
    expect(await view.evaluate<number>(`document.querySelectorAll('.cells a').length`)).toBe(12)
  })
})

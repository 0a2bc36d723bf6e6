import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { open, read, startGateway, testConfig } from '../test-support.ts'

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

const { panels } = JSON.parse(readFileSync(new URL('dashboard.json', import.meta.url), 'utf8')) as { panels: Panel[] }
const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

/** Names and labels of all that a gateway with everything on can show. */
async function exposed(): Promise<string[]> {
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { metrics: { perKey: true }, queue: {}, redis: { url: 'redis://127.0.0.1:1', required: false } }))
  const { text } = await read(await open(`${gw.url}/metrics`, undefined).response)
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]))
}

const named = (expr: string): string[] => expr.match(/\b(?:gateway|gen_ai|http_server|process|nodejs)_\w+(?=[[{)\s]|$)/g)?.filter((name) => /_(?:total|bucket|sum|count|seconds|bytes|state|up|waiting|running|flight)$/.test(name)) ?? []

test('every panel asks for metrics that exist, and every metric of the gateway has its panel', async () => {
  const metrics = await exposed()
  const asked = new Set(expressions.flatMap(named))
  expect([...asked].filter((name) => !metrics.includes(name))).toEqual([])
  for (const expr of expressions) expect(named(expr).length, expr).toBeGreaterThan(0)
  const families = new Set(metrics.filter((name) => /^(?:gateway|gen_ai|http_server)_/.test(name)).map((name) => name.replace(/_(?:bucket|sum|count)$/, '')))
  expect([...families].filter((family) => ![...asked].some((name) => name.startsWith(family)))).toEqual([])
})

test('parentheses and braces are closed, panels have their own ids and places', () => {
  for (const expr of expressions) for (const [begin, end] of ['()', '{}', '[]']) expect(expr.split(begin ?? '').length, expr).toBe(expr.split(end ?? '').length)
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  const taken = new Set<string>()
  for (const { title, gridPos } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), title).toBe(false)
        taken.add(`${x},${y}`)
      }
    }
  }
})

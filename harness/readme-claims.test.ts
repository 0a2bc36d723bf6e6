import { readFileSync } from 'node:fs'
import picomatch from 'picomatch'
import { expect, test } from 'vitest'
import { scenarios } from '../scenarios/index.ts'
import { controls } from './controls/index.ts'
import matrix from './controls/kill-matrix.json' with { type: 'json' }
import { referenceTarget } from './targets/builtin.ts'
import { changed, changes, controlled } from './testing/readme-claims.ts'

const readme = readFileSync(new URL('../gateway/README.md', import.meta.url), 'utf8')
const codeIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
/** The rows of its table that name scenarios. */
const rows = [...readme.slice(readme.indexOf('## What proves it'), readme.indexOf('## Which libraries')).matchAll(/^\| (.*) \| (.*) \| (.*scenarios? .*) \|$/gm)].map(([, promise = '', settings = '', proof = '']) => ({
  promise,
  /** Without values: `breaker` of `breaker: {"failures": 3}`. */
  settings: codeIn(settings).map((code) => /^[\w.]+/.exec(code)?.[0] ?? ''),
  ids: Object.keys(scenarios).filter((id) => picomatch.isMatch(id, codeIn(proof))),
}))

/** Settings that cannot be off: there is no gateway without keys, upstreams or ids, and no choice but of a status. */
const always = ['keys', 'upstreams', 'log.level', 'input.status']
const changedBy = (id: string): string[] => changes.filter(({ red }) => id in red).flatMap(({ set }) => Object.keys(set).map((path) => path.replace(/^models\.[\w-]+/, 'models.NAME')))

test('every scenario that the README calls a proof has been seen red, by a change of the config or by a control', () => {
  expect(rows.length).toBeGreaterThan(20)
  const seen = [...changes.flatMap(({ red }) => Object.keys(red)), ...Object.keys(controlled)]
  expect(rows.flatMap(({ ids }) => ids).filter((id) => !seen.includes(id))).toEqual([])
  expect(seen.filter((id, at) => !(id in scenarios) || seen.indexOf(id) !== at)).toEqual([])
})

test('a promise that is switched on by a setting turns red by that setting', () => {
  const unproven = rows.filter(({ settings, ids }) => settings.length > 0 && !settings.some((name) => always.includes(name) || ids.some((id) => changedBy(id).some((path) => path === name || path.startsWith(`${name}.`)))))
  expect(unproven).toEqual([])
})

test('the changes are of a config that the reference gateway has, and its claims stay', () => {
  const target = referenceTarget({ redis: true, version: '0' })
  for (const { set } of changes) {
    const other = changed(target, set)
    expect(other.claims).toBe(target.claims)
    expect(other.launch?.files).not.toEqual(target.launch?.files)
    expect(other.launch?.files['gateway.json']).toContain('"port":{port}')
  }
  expect(() => changed(target, { 'queue.depth': 1 })).toThrow('queue.depth')
})

test('a control is seen to be caught by the scenario, for the intended reason and not by chance', () => {
  const rowOf = new Map<string, Readonly<Record<string, string>>>(Object.entries(matrix))
  for (const [id, [control, check]] of Object.entries(controlled)) {
    expect(controls.map(({ name }) => name)).toContain(control)
    const [, checks = ''] = /^fail: (.*)$/.exec(rowOf.get(control)?.[id] ?? '') ?? []
    expect(checks.split(', '), `${control} on ${id}`).toContain(check)
  }
})

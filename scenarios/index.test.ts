import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checks } from '../harness/checks/index.ts'
import { plannedFaults, plansFor } from '../harness/engine/plan.ts'
import { resolveAmount, Scenario, stepsOf } from '../harness/scenario.ts'
import type { Amount } from '../harness/scenario.ts'
import { Claims, FEATURES } from '../schemas/claims.ts'
import { scenarios } from './index.ts'
import { requirements } from './requirements.ts'

const here = import.meta.dirname
const claims = Claims.parse({ features: FEATURES })
const files = globSync('*/*.ts', { cwd: here }).filter((file) => !/^(load|slo)\//.test(file) && !file.endsWith('.test.ts'))
const all = Object.entries(scenarios)
const labelsOf = (scenario: Scenario): string[] => stepsOf(scenario).flatMap((step) => (step.do === 'send' ? [step.label] : []))

/** Every `{ claim: … }` anywhere in the data. */
const amountsIn = (value: unknown): Amount[] => {
  if (typeof value !== 'object' || value === null) return []
  return 'claim' in value && typeof value.claim === 'string' ? [value as Amount] : Object.values(value).flatMap(amountsIn)
}

test('the folder and the index hold the same scenarios, each under its path', () => {
  expect(files.map((file) => file.slice(0, -3)).toSorted()).toEqual(Object.keys(scenarios).toSorted())
})

test('a name means one scenario: no id or alias is another one\'s', () => {
  const names = all.flatMap(([id, scenario]) => [id, ...scenario.aliases])
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  const titles = all.map(([, scenario]) => scenario.title)
  expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
})

test('every requirement is put to the test, and no scenario makes up its own', () => {
  const used = new Set(all.map(([, { requirement }]) => requirement.id))
  expect(Object.keys(requirements).filter((id) => !used.has(id))).toEqual([])
  for (const [id, { requirement }] of all) expect(Object.values(requirements), id).toContainEqual(requirement)
})

test('every requirement is one sentence with a source', () => {
  for (const { id, text, source } of Object.values(requirements)) {
    expect(id).toMatch(/^[a-z]+(\.[a-z0-9-]+)+$/)
    expect(text, id).toMatch(/^[A-Z["].*\.$/)
    expect(source, id).not.toBe('')
  }
})

describe.each(all)('%s', (id, scenario) => {
  test('is data of under 25 lines, the same after a round trip through JSON', () => {
    const text = readFileSync(join(here, `${id}.ts`), 'utf8')
    expect(text.trimEnd().split('\n').length).toBeLessThan(25)
    expect(text).toMatch(/\nexport default defineScenario\(\{/)
    // Undefined fields aside, which JSON leaves out: what is infinite or a function would come back as something else.
    expect(Scenario.parse(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario)
  })

  test('asks for features that exist, and has checks that exist with parameters they know', () => {
    expect(scenario.features.filter((feature) => !FEATURES.some((known) => known === feature))).toEqual([])
    expect(scenario.checks.length).toBeGreaterThan(0)
    for (const { check, params } of scenario.checks) {
      const found = checks.get(check)
      expect(found, check).toBeDefined()
      expect(found?.params.safeParse(JSON.parse(JSON.stringify(params))), check).toMatchObject({ success: true })
    }
  })

  test('follows claims that exist', () => {
    for (const amount of amountsIn(scenario)) expect(resolveAmount(amount, claims), JSON.stringify(amount)).toEqual(expect.any(Number))
  })

  test('has faults that do something, and every label and probe that is named is sent', () => {
    const labels = labelsOf(scenario)
    const faults = plannedFaults(scenario, claims)
    for (const { sentence } of faults) expect(sentence).toMatch(/^\S.+ \(\w+\)$/)
    const named = [...scenario.faults.flatMap((f) => f.labels ?? []), ...scenario.checks.flatMap(({ params }) => [...((params['labels'] as string[] | undefined) ?? []), ...(typeof params['label'] === 'string' ? [params['label']] : [])])]
    expect(named.filter((label) => !labels.includes(label))).toEqual([])
    const probes = stepsOf(scenario).flatMap((step) => (step.do === 'probe' ? [`${step.what} ${step.label}`] : []))
    expect(scenario.checks.flatMap(({ params }) => (typeof params['probe'] === 'string' ? [params['probe']] : [])).filter((probe) => !probes.includes(probe))).toEqual([])
    // A script that no request can meet is never put on the wire.
    const scripted = faults.some((f) => f.effect.attempts !== undefined || f.effect.rest !== undefined)
    if (scripted) expect(labels.filter((label) => Object.keys(plansFor(faults, label)).length > 0)).not.toEqual([])
  })

  test('repeats only questions that were asked before', () => {
    const sends = stepsOf(scenario).filter((step) => step.do === 'send')
    const early = sends.filter(({ same }, i) => same !== undefined && !sends.slice(0, i).some(({ label }) => label === same))
    expect(early.map(({ label }) => label)).toEqual([])
  })

  test('compares only parameters that it sends', () => {
    for (const { params } of scenario.checks.filter((c) => c.check === 'params-faithful')) {
      const sent = new Set(stepsOf(scenario).flatMap((step) => (step.do === 'send' ? [...Object.keys(step.body), 'messages', 'model'] : [])))
      expect((params['fields'] as string[]).filter((field) => !sent.has(field))).toEqual([])
    }
  })

  test('claims a race where it sends at once what shares one fate', () => {
    const aborts = stepsOf(scenario).some((step) => step.do === 'send' && step.abort !== undefined && 'afterEvents' in step.abort)
    if (aborts) expect(scenario.race).toBeDefined()
  })
})

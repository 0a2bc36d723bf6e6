import type { Claims } from '../../schemas/claims.ts'
import type { Environment, Missing } from '../components/index.ts'
import type { Scenario } from '../scenario.ts'
import { plannedFaults } from './plan.ts'

export type Gate = { outcome: 'run' } | { outcome: 'skipped' | 'not_supported'; reason: string }

/** What a scenario needs of the environment, besides what it says: toxics need Toxiproxy, the redis edge needs Redis. */
const needsOf = (scenario: Scenario, claims: Claims): Set<'toxiproxy' | 'redis' | 'launch'> => {
  const needs = new Set(scenario.needs)
  for (const fault of plannedFaults(scenario, claims)) {
    // A toxic that only arms the close of connections is left out where there is no Toxiproxy: the reset arrives by itself then.
    if (fault.effect.down === true || fault.effect.toxics?.some((t) => t.toxicity === 1)) needs.add('toxiproxy')
    if (fault.data.lane === 'redis') needs.add('redis')
  }
  return needs
}

const missingLine = (name: string, components: Environment['components']): string => {
  const missing = components.find((c): c is Missing => c.name === name && 'install' in c)
  return missing ? `${name} not found: ${missing.install}` : `${name} not found`
}

/** Whether a scenario can be put to a target here, and if not, why. */
export const gate = (scenario: Scenario, claims: Claims, environment: Pick<Environment, 'components' | 'toxiproxy' | 'redis'>, launched: boolean): Gate => {
  const needs = needsOf(scenario, claims)
  // Redis comes first: without it the reference gateway does not claim what needs it, and the reason is the missing component.
  for (const name of ['toxiproxy', 'redis'] as const) {
    if (needs.has(name) && !environment[name]) return { outcome: 'skipped', reason: missingLine(name, environment.components) }
  }
  const absent = scenario.features.find((f) => !claims.features.includes(f))
  if (absent !== undefined) return { outcome: 'not_supported', reason: absent }
  if (needs.has('launch') && !launched) return { outcome: 'skipped', reason: 'the harness did not start this target, so it cannot stop it' }
  return { outcome: 'run' }
}

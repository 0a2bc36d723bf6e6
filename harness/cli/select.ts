import { createHash } from 'node:crypto'
import picomatch from 'picomatch'
import { scenarios } from '../../scenarios/index.ts'
import { HarnessError } from '../errors.ts'
import type { Scenario } from '../scenario.ts'

/** Identifies what the suite asks: the same catalogue, the same hash. */
export const catalogueHash = (): string => createHash('sha256').update(JSON.stringify(Object.entries(scenarios))).digest('hex').slice(0, 12)

/** Scenarios whose id (or an alias of it) matches one of `only` and none of `skip`. Throws HAR_ERR_FILTER_EMPTY when none is left. */
export const selectScenarios = (only: readonly string[], skip: readonly string[]): Record<string, Scenario> => {
  const names = (id: string, scenario: Scenario): string[] => [id, ...scenario.aliases]
  const matcher = (globs: readonly string[]): ((text: string) => boolean) => (globs.length === 0 ? () => false : picomatch([...globs]))
  const [wanted, unwanted] = [matcher(only), matcher(skip)]
  for (const [flag, globs] of Object.entries({ '--only': only, '--skip': skip })) {
    const idle = globs.find((glob) => !Object.entries(scenarios).some(([id, s]) => names(id, s).some((name) => picomatch.isMatch(name, glob))))
    if (idle !== undefined) throw new HarnessError('HAR_ERR_FILTER_EMPTY', `${flag} ${JSON.stringify(idle)} matches no scenario.`)
  }
  const selected = Object.entries(scenarios).filter(([id, s]) => (only.length === 0 || names(id, s).some(wanted)) && !names(id, s).some(unwanted))
  if (selected.length === 0) throw new HarnessError('HAR_ERR_FILTER_EMPTY', 'The filters leave no scenario to run.')
  return Object.fromEntries(selected)
}

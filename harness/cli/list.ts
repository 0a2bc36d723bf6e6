import { Command } from 'commander'
import { scenarios } from '../../scenarios/index.ts'
import { list } from './options.ts'
import { selectScenarios } from './select.ts'

/** `gauntlet list`. */
export const listCommand = (): Command =>
  new Command('list')
    .description('the scenarios with requirement, level, origin and features')
    .option('--only <globs>', 'only scenarios whose id matches; comma-separated', list, [])
    .option('--json', 'as JSON', false)
    .addHelpText('after', "\nExample:\n  gauntlet list --only 'breaker/*'")
    .action((flags: { only: string[]; json: boolean }) => {
      const rows = Object.entries(flags.only.length > 0 ? selectScenarios(flags.only, []) : scenarios).map(([id, s]) => ({
        id, title: s.title, requirement: s.requirement.id, level: s.requirement.level, origin: s.requirement.origin, features: s.features,
      }))
      if (flags.json) {
        console.log(JSON.stringify(rows, null, 2))
        return
      }
      const width = Math.max(...rows.map((r) => r.id.length))
      for (const r of rows) console.log(`${r.id.padEnd(width)}  ${r.level.padEnd(6)} ${r.origin.padEnd(10)} ${r.title}`)
      console.log(`\n${rows.length} scenarios. One of them: gauntlet run --only ${rows[0]?.id ?? ''}`)
    })

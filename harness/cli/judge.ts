import { resolve } from 'node:path'
import { Command } from 'commander'
import { renderAll } from '../../reports/index.ts'
import { reportOf } from '../verdict/report.ts'
import { loadRun } from '../verdict/run-document.ts'

/** `gauntlet judge`: the verdicts of a run folder, from its evidence alone. */
export const judgeCommand = (): Command =>
  new Command('judge')
    .description('judge the evidence of a run again, offline')
    .argument('<run>', 'run folder, for example .gauntlet/latest')
    .option('--strict', 'a SHOULD that fails is a failure')
    .option('--json', 'print the report as JSON instead of the summary', false)
    .addHelpText('after', '\nExample:\n  gauntlet judge .gauntlet/latest')
    .action(async (folder: string, flags: { strict?: boolean; json: boolean }) => {
      const document = await loadRun(resolve(folder))
      if (flags.strict === true) document.run.strict = true
      const report = await reportOf(resolve(folder), document)
      if (flags.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
      else for (const result of await renderAll(report, ['console'], resolve(folder))) if (result.ok && 'text' in result) process.stdout.write(result.text)
      process.exitCode = report.run.exitCode
    })

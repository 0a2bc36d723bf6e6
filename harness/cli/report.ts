import { resolve } from 'node:path'
import { Command } from 'commander'
import { renderAll, reporters } from '../../reports/index.ts'
import { reportOf } from '../verdict/report.ts'
import { loadRun } from '../verdict/run-document.ts'
import { HarnessError } from '../errors.ts'
import { list } from './options.ts'

/** `gauntlet report`: renders a run folder again. */
export const reportCommand = (): Command =>
  new Command('report')
    .description('render the report of a run again, offline')
    .argument('<run>', 'run folder, for example .gauntlet/latest')
    .option('--reporter <names>', `comma-separated: ${Object.keys(reporters).join(', ')}`, list, [])
    .option('--out <dir>', 'where to put the files (default: the run folder)')
    .addHelpText('after', '\nExample:\n  gauntlet report .gauntlet/latest --reporter html,markdown --out artifacts')
    .action(async (folder: string, flags: { reporter: string[]; out?: string }) => {
      const names = flags.reporter.length > 0 ? flags.reporter : ['html']
      const wrong = names.find((name) => !Object.hasOwn(reporters, name))
      if (wrong !== undefined) throw new HarnessError('HAR_ERR_USAGE', `No reporter is called ${JSON.stringify(wrong)}.`, { hint: `There are: ${Object.keys(reporters).join(', ')}.` })
      const report = await reportOf(resolve(folder), await loadRun(resolve(folder)))
      for (const result of await renderAll(report, names, resolve(flags.out ?? folder))) {
        if (!result.ok) throw new HarnessError('HAR_ERR_DISK', `The reporter ${result.name} failed: ${result.error.message}`, { cause: result.error })
        if ('text' in result) process.stdout.write(result.text)
        else console.log(result.path)
      }
    })

import { Command } from 'commander'
import { describeFound, examine } from '../components/index.ts'
import { loadConfig } from './config.ts'

/** `gauntlet doctor`. */
export const doctorCommand = (): Command =>
  new Command('doctor')
    .description('which components are here, which version, and how to get what is missing')
    .option('-c, --config <file>', 'instead of the nearest gauntlet.config.*')
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  gauntlet doctor')
    .action(async (flags: { config?: string; json: boolean }) => {
      const { config, path } = await loadConfig(flags.config)
      const found = await examine(config.environment)
      if (flags.json) {
        console.log(JSON.stringify({ ...found, config: path ?? null }, null, 2))
        return
      }
      console.log(`node       ${found.node.version}  ${found.node.path}`)
      console.log(`config     ${path ?? 'none: all defaults'}`)
      for (const c of found.components) {
        console.log('install' in c ? `${c.name.padEnd(10)} missing: ${c.reason}\n           get it: ${c.install}` : `${c.name.padEnd(10)} ${describeFound(c).replace(`${c.name} `, '')}  ${c.where}${c.note === undefined ? '' : `\n           ${c.note}`}`)
      }
      const missing = found.components.filter((c) => 'install' in c && c.name !== 'docker')
      console.log(missing.length === 0 ? '\nEverything is here: gauntlet run' : `\nScenarios that need ${missing.map((c) => c.name).join(', ')} will be skipped. Fill the tool cache: gauntlet install ${missing.map((c) => c.name).join(' ')}`)
    })

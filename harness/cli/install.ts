import { Command } from 'commander'
import { COMPONENT_NAMES, describeFound, installComponent } from '../components/index.ts'
import { interruptibly, requiredComponents } from './options.ts'

const DEFAULT = COMPONENT_NAMES.filter((name) => name !== 'docker' && name !== 'redis')

/** `gauntlet install`. */
export const installCommand = (): Command =>
  new Command('install')
    .description('fill the tool cache with components')
    .argument('[components...]', `${COMPONENT_NAMES.join(', ')} (default: ${DEFAULT.join(' ')})`)
    .addHelpText('after', '\nExample:\n  gauntlet install toxiproxy k6')
    .action((names: string[]) => interruptibly(async (signal) => {
      const chosen = names.length === 0 ? DEFAULT : requiredComponents(names, []).filter((name) => names.includes(name))
      for (const name of chosen) console.log(describeFound(await installComponent(name, { onProgress: (line) => console.log(line), signal })))
      return 0
    }))

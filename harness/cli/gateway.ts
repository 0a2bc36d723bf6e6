import { Command } from 'commander'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { referenceProgram } from '../targets/builtin.ts'

/** `gauntlet gateway`: the reference gateway in the foreground, as a process of its own. */
export const gatewayCommand = (): Command =>
  new Command('gateway')
    .description('the reference gateway in the foreground')
    .requiredOption('-c, --config <file>', 'its JSON config, see gateway/README.md')
    .addHelpText('after', '\nExample:\n  gauntlet gateway --config gateway.json')
    .action(async (flags: { config: string }) => {
      const child = spawn(process.execPath, [referenceProgram, '--config', flags.config], { stdio: 'inherit' })
      const forward = (name: NodeJS.Signals): void => void child.kill(name)
      process.on('SIGINT', forward).on('SIGTERM', forward)
      await once(child, 'exit')
      process.exitCode = child.exitCode ?? 3
    })

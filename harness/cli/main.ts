#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { isHarnessError } from '../errors.ts'
import { doctorCommand } from './doctor.ts'
import { gatewayCommand } from './gateway.ts'
import { initCommand } from './init.ts'
import { installCommand } from './install.ts'
import { judgeCommand } from './judge.ts'
import { listCommand } from './list.ts'
import { reportCommand } from './report.ts'
import { runCommand } from './run.ts'
import { sloCommand } from './slo.ts'
import { upstreamCommand } from './upstream.ts'
import { version } from './version.ts'

const program = new Command('gauntlet')
  .description('Conformance and chaos tests for OpenAI-compatible LLM gateways, judged from both sides.')
  .version(version)
  .configureOutput({ outputError: (text, write) => write(`gauntlet: ${text.replace(/^error: /, '').trimEnd().replaceAll('\n', ' ')} (see --help)\n`) })
  .addHelpText('after', '\nExamples:\n  gauntlet run                                  the reference gateway, every scenario\n  gauntlet run --target control:no-cancel       a gateway that is broken on purpose\n  gauntlet doctor                               which real components are here')

// Before the commands are added: they copy it, and a command without it ends the process with the exit code of a finding.
program.exitOverride()
for (const command of [runCommand, listCommand, judgeCommand, reportCommand, sloCommand, upstreamCommand, gatewayCommand, doctorCommand, installCommand, initCommand]) {
  program.addCommand(command().copyInheritedSettings(program))
}

/** Every error becomes one clear message and its exit code. */
const tell = (error: unknown): void => {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (isHarnessError(error)) {
    console.error(`gauntlet: ${error.message}\n${error.hint}\n(${error.code})`)
    if (process.env['GAUNTLET_DEBUG'] && error.cause) console.error(error.cause)
    process.exitCode = error.exitCode
  } else {
    console.error('gauntlet: an error that it did not expect; please report it with this text.\n', error)
    process.exitCode = 3
  }
}

// Node's own exit code for an error that nobody caught is 1, which here means that the target failed.
process.on('uncaughtException', (error) => {
  tell(error)
  process.exit(3)
})

try {
  await program.parseAsync()
} catch (error) {
  tell(error)
}

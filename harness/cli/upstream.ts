import { once } from 'node:events'
import { Command } from 'commander'
import { Upstream } from '../upstream/upstream.ts'
import { interruptibly, wholeNumber } from './options.ts'

/** `gauntlet upstream`: something to point any gateway at while setting it up. */
export const upstreamCommand = (): Command =>
  new Command('upstream')
    .description('both lanes of the scripted upstream in the foreground, answering plainly')
    .option('--primary <port>', 'port of the primary lane (default: a free one)', wholeNumber(0))
    .option('--secondary <port>', 'port of the secondary lane (default: a free one)', wholeNumber(0))
    .addHelpText('after', '\nExample:\n  gauntlet upstream --primary 9001 --secondary 9002')
    .action((flags: { primary?: number; secondary?: number }) => interruptibly(async (signal) => {
      await using upstream = await Upstream.start(flags, { answersStrangers: true })
      console.log(`primary    http://127.0.0.1:${upstream.ports.primary}/v1\nsecondary  http://127.0.0.1:${upstream.ports.secondary}/v1\nmodel      tiny\nCtrl-C stops it.`)
      if (!signal.aborted) await once(signal, 'abort')
      return 0
    }))

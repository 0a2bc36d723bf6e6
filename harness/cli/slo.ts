import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { profiles } from '../../scenarios/load/index.ts'
import { defaultObjectives } from '../../scenarios/slo/default.ts'
import { startEnvironment } from '../components/index.ts'
import { Cell } from '../engine/cell.ts'
import { pointLatest } from '../engine/run.ts'
import { HarnessError } from '../errors.ts'
import { k6Runner, renderSloConsole, renderSloHtml, runSlo, sloExitCode } from '../slo/index.ts'
import { loadConfig } from './config.ts'
import { interruptibly, wholeNumber } from './options.ts'
import { resolveTarget } from './targets.ts'

interface Flags {
  profile: string
  target?: string
  config?: string
  seed?: number
  out?: string
  release?: string
  json: boolean
}

/** `gauntlet slo`. */
export const sloCommand = (): Command =>
  new Command('slo')
    .description('put load on a target with k6 and judge its service level objectives')
    .option('--profile <name>', `load profile: ${Object.keys(profiles).join(', ')}`, 'smoke')
    .option('-t, --target <name>', 'reference (default), control:NAME, or a target of the config')
    .option('-c, --config <file>', 'instead of the nearest gauntlet.config.*')
    .option('--seed <n>', 'seed of the requests', wholeNumber(0))
    .option('--release <name>', 'name of the release that the report is about')
    .option('--out <dir>', 'folder for runs (default .gauntlet)')
    .option('--json', 'print the report as JSON instead of the summary', false)
    .addHelpText('after', '\nExample:\n  gauntlet slo --profile smoke --target my-gateway --release 1.4.0')
    .action((flags: Flags) => interruptibly((signal) => slo(flags, signal)))

const slo = async (flags: Flags, signal: AbortSignal): Promise<number> => {
  const { config } = await loadConfig(flags.config)
  const profile = Object.entries(profiles).find(([name]) => name === flags.profile)?.[1]
  if (!profile) throw new HarnessError('HAR_ERR_USAGE', `No load profile is called ${JSON.stringify(flags.profile)}.`, { hint: `There are: ${Object.keys(profiles).join(', ')}.` })
  // Load goes straight to the target: a proxy and a store would add their own limits to what is measured.
  const target = resolveTarget(flags.target, config, { redis: false })
  const folder = join(resolve(flags.out ?? config.out ?? '.gauntlet'), 'slo', `${new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}-${randomBytes(2).toString('hex')}`)
  await mkdir(join(folder, 'logs'), { recursive: true })
  const say = flags.json ? () => undefined : progress()
  await using environment = await startEnvironment(config.environment, { require: ['k6'], want: ['k6'], logDir: join(folder, 'logs'), signal, onProgress: say })
  if (!environment.k6) throw new HarnessError('HAR_ERR_COMPONENT_REQUIRED', 'k6 is required and missing.')
  await using cell = await Cell.start({ index: 0, target, environment: { ...environment, [Symbol.asyncDispose]: async () => undefined }, folder: join(folder, 'logs'), signal, ports: config.ports, answersStrangers: true })
  const report = await runSlo({
    baseURL: cell.targetURL(cell.target.basePath).href, headers: { authorization: `Bearer ${cell.keys.caller}`, ...target.headers }, model: target.models.chat, profile, objectives: defaultObjectives,
    k6: k6Runner(environment.k6), outDir: folder, seed: flags.seed ?? config.seed ?? 1, signal, onProgress: say, target: { name: target.name ?? 'target', version: target.version ?? 'unknown' },
    upstreamLog: () => cell.upstream.journal.take().flatMap((r) => (r.kind === 'request' && r.nonce !== null ? [{ nonce: r.nonce, t: r.t }] : [])),
    ...(flags.release === undefined ? {} : { release: flags.release }),
  })
  const html = join(folder, 'slo-report.html')
  await writeFile(html, renderSloHtml(report))
  await pointLatest(folder, 'latest-slo')
  if (flags.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  else process.stdout.write(`${renderSloConsole(report)}\nreport ${relative(process.cwd(), join(folder, '..', '..', 'latest-slo', 'slo-report.html'))}\n`)
  return sloExitCode(report)
}

/** One changing line on a terminal, a plain line every few seconds elsewhere. */
const progress = (): ((line: string) => void) => {
  let last = 0
  return (line) => {
    if (process.stdout.isTTY) process.stdout.write(`\r\u001B[2K${line.slice(0, (process.stdout.columns || 80) - 1)}`)
    else if (performance.now() - last > 5000 || last === 0) {
      last = performance.now()
      console.log(line)
    }
  }
}

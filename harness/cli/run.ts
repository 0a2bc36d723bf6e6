import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { liveConsole, renderAll, reporters } from '../../reports/index.ts'
import type { Report } from '../../schemas/report.ts'
import { startEnvironment } from '../components/index.ts'
import type { ComponentName } from '../components/index.ts'
import { reportOf } from '../verdict/report.ts'
import { loadRun } from '../verdict/run-document.ts'
import { pointLatest, run } from '../engine/run.ts'
import { HarnessError } from '../errors.ts'
import type { Scenario } from '../scenario.ts'
import { loadConfig } from './config.ts'
import { interruptibly, list, requiredComponents, wholeNumber } from './options.ts'
import { catalogueHash, selectScenarios } from './select.ts'
import { resolveTarget } from './targets.ts'
import { version } from './version.ts'

interface Flags {
  target?: string
  config?: string
  only: string[]
  skip: string[]
  seed?: number
  repeat: number
  confirm: number
  cells?: number
  strict: boolean
  require: string[]
  reporter: string[]
  out?: string
  json: boolean
}

const ALWAYS = ['json', 'junit', 'html']

/** `gauntlet run`. */
export const runCommand = (): Command =>
  new Command('run')
    .description('put a target through the scenarios')
    .option('-t, --target <name>', 'reference (default), control:NAME, or a target of the config')
    .option('-c, --config <file>', 'instead of the nearest gauntlet.config.*')
    .option('--only <globs>', 'only scenarios whose id matches; comma-separated', list, [])
    .option('--skip <globs>', 'no scenario whose id matches; comma-separated', list, [])
    .option('--seed <n>', 'seed of everything that is chosen', wholeNumber(0))
    .option('--repeat <n>', 'execute each scenario n times', wholeNumber(1), 1)
    .option('--confirm <n>', 'execute a failing scenario n more times', wholeNumber(0), 4)
    .option('--cells <n>', 'isolated sets of target and upstream, side by side', wholeNumber(1))
    .option('--strict', 'a SHOULD that fails is a failure', false)
    .option('--require <names>', 'components without which the run is refused; comma-separated', list, [])
    .option('--reporter <names>', `besides ${ALWAYS.join(', ')}: ${Object.keys(reporters).filter((r) => !ALWAYS.includes(r)).join(', ')}`, list, [])
    .option('--out <dir>', 'folder for runs (default .gauntlet)')
    .option('--json', 'print the report as JSON instead of the summary', false)
    .addHelpText('after', "\nExample:\n  gauntlet run --target my-gateway --only 'streaming/*' --require toxiproxy --strict")
    .action((flags: Flags) => interruptibly(async (signal) => (await conformance(flags, signal)).run.exitCode))

/** What a selection needs to have started: the model only where a scenario asks it. */
const wanted = (scenarios: Record<string, Scenario>): ComponentName[] => [
  'docker', 'toxiproxy', 'redis', ...(Object.values(scenarios).some((s) => s.upstream === 'model') ? (['ollama'] as const) : []),
]

const conformance = async (flags: Flags, signal: AbortSignal): Promise<Report> => {
  const { config } = await loadConfig(flags.config)
  const scenarios = selectScenarios(flags.only, flags.skip)
  const require = requiredComponents(flags.require, config.require)
  const wrong = [...flags.reporter, ...(config.reporters ?? [])].find((name) => !Object.hasOwn(reporters, name))
  if (wrong !== undefined) throw new HarnessError('HAR_ERR_USAGE', `No reporter is called ${JSON.stringify(wrong)}.`, { hint: `There are: ${Object.keys(reporters).join(', ')}.` })
  resolveTarget(flags.target, config, { redis: true }) // a misspelt target must not cost the start of the components
  const folder = join(resolve(flags.out ?? config.out ?? '.gauntlet'), 'runs', `${stamp()}-${randomBytes(2).toString('hex')}`)
  await mkdir(join(folder, 'logs'), { recursive: true }).catch((cause: unknown) => {
    throw new HarnessError('HAR_ERR_DISK', `The run folder ${folder} cannot be made.`, { cause })
  })
  const live = flags.json ? {} : liveConsole()
  await using environment = await startEnvironment(config.environment, { require, want: wanted(scenarios), logDir: join(folder, 'logs'), signal, onProgress: (line) => live.onProgress?.(line) })
  const target = resolveTarget(flags.target, config, { redis: environment.redis !== undefined })
  const names = [...ALWAYS, ...(config.reporters ?? []), ...flags.reporter]
  const report = await run({
    target, selector: flags.target ?? '', scenarios, suite: { version, catalogueHash: catalogueHash() }, environment, seed: flags.seed ?? config.seed ?? 1,
    // A control breaks one promise, and some of them are SHOULDs: it has to be caught at those too.
    strict: flags.strict || (flags.target ?? '').startsWith('control:'),
    repeat: flags.repeat, confirm: flags.confirm, cells: target.launch ? (flags.cells ?? config.cells ?? 2) : 1, folder, signal, live, ports: config.ports,
  }).catch(async (error: unknown) => {
    // Else `latest` would still show the run before this one, and that may have been green.
    await loadRun(folder).then(async (document) => publish(await reportOf(folder, document), folder, names)).catch(() => undefined)
    throw error
  })
  await publish(report, folder, names, flags.json ? undefined : (paths) => live.onEnd?.(report, paths))
  if (flags.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return report
}

const stamp = (): string => new Date().toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)

/**
 * Writes the report's files, points `latest` at them and lets the console end. A reporter that fails is told and the others
 * go on; a file that cannot be written is HAR_ERR_DISK at the end, whatever the verdict, because somebody waits for it.
 */
export const publish = async (report: Report, folder: string, names: readonly string[], onEnd?: (paths: Record<string, string>) => void): Promise<void> => {
  const results = await renderAll(report, names, folder)
  await pointLatest(folder)
  const latest = join(folder, '..', '..', 'latest')
  const paths = Object.fromEntries(results.flatMap((r) => (r.ok && 'path' in r ? [[r.name, relative(process.cwd(), join(latest, relative(folder, r.path)))]] : [])))
  onEnd?.(paths)
  for (const result of results) {
    if (!result.ok) console.error(`gauntlet: the reporter ${result.name} failed: ${result.error.message}`)
    else if ('text' in result && result.name !== 'console') process.stdout.write(result.text)
  }
  const unwritten = results.find((result) => !result.ok && 'syscall' in result.error)
  if (unwritten) throw new HarnessError('HAR_ERR_DISK', `The ${unwritten.name} report of ${folder} could not be written.`)
}

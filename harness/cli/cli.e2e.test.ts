import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { gauntlet, newFolder, reportIn } from './fixture.ts'

const COMMANDS = ['run', 'list', 'judge', 'report', 'slo', 'upstream', 'gateway', 'doctor', 'install', 'init']
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const withConfig = (config: object): string => {
  const cwd = newFolder('cli')
  writeFileSync(join(cwd, 'gauntlet.config.json'), JSON.stringify(config))
  return cwd
}
const NO_REDIS = { environment: { redis: { disabled: true } } }

describe.concurrent('usage', { timeout: 60_000 }, () => {
  test.for<[args: string, says: RegExp, config?: object, env?: Record<string, string>]>([
    ['run --nope', /^gauntlet: unknown option '--nope' \(see --help\)\n$/],
    ['--nope', /^gauntlet: unknown option '--nope' \(see --help\)\n$/],
    ['nope', /^gauntlet: unknown command 'nope' \(see --help\)\n$/],
    ['lst', /Did you mean list\?\) \(see --help\)\n$/],
    ['run extra', /^gauntlet: too many arguments.*\n$/],
    ['judge', /^gauntlet: missing required argument 'run' \(see --help\)\n$/],
    ['run --seed x', /^gauntlet: .*--seed.*'x' is invalid\. Expected a whole number of at least 0\. \(see --help\)\n$/],
    ['run --repeat 0', /'0' is invalid\. Expected a whole number of at least 1\./],
    ['run --only nothing-matches', /--only "nothing-matches" matches no scenario/],
    ['run --only wire/chat-json,nope', /--only "nope" matches no scenario/],
    ['run --skip nope', /--skip "nope" matches no scenario/],
    ['run --only wire/* --skip wire/*', /The filters leave no scenario to run/],
    ['run --target nope', /No target is called "nope"\.\nThere are: reference, reference-x2, mine, control:NAME\./, { targets: { mine: { launch: { command: 'x' } } } }],
    ['run --target control:nope', /There are: none, .*no-cancel/],
    ['run --reporter nope', /There are: console, .*junit/],
    ['run --require nope', /No component is called "nope"/],
    ['run', /No component is called "nonsense"/, {}, { GAUNTLET_REQUIRE: 'nonsense' }],
    ['run --config nope.ts', /The config file nope\.ts does not exist/],
    ['run', /gauntlet\.config\.json is not valid:\n {2}cells: .*\n {2}\(top\): .*"sed"/, { cells: 'two', sed: 1 }],
    ['slo --profile nope', /No load profile is called "nope"\.\nThere are: smoke/],
    ['judge /no/such/run', /\/no\/such\/run\/run\.json is not the record of a run/],
    ['report /no/such/run --reporter nope', /No reporter is called "nope"/],
  ])('gauntlet %s', async ([args, says, config, env]) => {
    const ended = await gauntlet(args.split(' '), { cwd: withConfig(config ?? {}), ...(env ? { env } : {}) })
    expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(says) })
    expect(ended.stderr).not.toMatch(/^\s+at /m)
  })

  test('a config with a syntax error is named', async () => {
    const cwd = newFolder('cli')
    writeFileSync(join(cwd, 'gauntlet.config.ts'), 'export default {')
    expect(await gauntlet(['run'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringMatching(/gauntlet\.config\.ts cannot be loaded/) })
  })

  test('a config of a folder above is found', async () => {
    const cwd = withConfig({ target: 'nope' })
    mkdirSync(join(cwd, 'a/b'), { recursive: true })
    expect(await gauntlet(['run'], { cwd: join(cwd, 'a/b') })).toMatchObject({ code: 2, stderr: expect.stringContaining('No target is called "nope"') })
  })

  test.each(COMMANDS)('%s --help ends with an example', async (command) => {
    const { code, stdout, stderr } = await gauntlet([command, '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`\\nExample:\\n {2}gauntlet ${command}`))
  })

  test('--help names every command, --version the version', async () => {
    const help = await gauntlet(['--help'])
    for (const command of COMMANDS) expect(help.stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
    expect(help.code).toBe(0)
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(await gauntlet(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  test('list --json is JSON, as long as the list', async () => {
    const { code, stdout } = await gauntlet(['list', '--json'])
    const rows = JSON.parse(stdout) as { id: string; level: string }[]
    expect(code).toBe(0)
    expect(rows).toContainEqual(expect.objectContaining({ id: 'wire/chat-json', level: 'MUST', origin: expect.any(String), features: ['chat'] }))
    expect((await gauntlet(['list'])).stdout).toContain(`${rows.length} scenarios.`)
  })

  test('the launcher hands over to a newer Node', ({ skip }) => {
    const old = '/usr/bin/node'
    skip(!existsSync(old), `no ${old}`)
    expect(execFileSync(old, [join(ROOT, 'harness/launcher.mjs'), '--version'], { encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(() => execFileSync(old, [join(ROOT, 'harness/launcher.mjs'), 'run', '--nope'], { stdio: 'pipe' })).toThrow(expect.objectContaining({ status: 2 }))
  })

  test('init writes a config that is valid, and leaves one that is there', async () => {
    const cwd = newFolder('init')
    expect(await gauntlet(['init'], { cwd })).toMatchObject({ code: 0 })
    const written = readFileSync(join(cwd, 'gauntlet.config.ts'), 'utf8')
    // The package as npm would have put it there.
    const installed = join(cwd, 'node_modules/gauntlet')
    mkdirSync(installed, { recursive: true })
    writeFileSync(join(installed, 'package.json'), '{"name":"gauntlet","type":"module","exports":"./index.js"}')
    writeFileSync(join(installed, 'index.js'), `export * from ${JSON.stringify(join(ROOT, 'harness/index.ts'))}`)
    expect(await gauntlet(['run', '--target', 'nope'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('There are: reference, reference-x2, my-gateway, control:NAME.') })
    expect(await gauntlet(['init'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('there already') })
    expect(readFileSync(join(cwd, 'gauntlet.config.ts'), 'utf8')).toBe(written)
  })
})

describe('what stops a run before it begins', () => {
  test('a required component that the config disables: 3, with the line that gets it', async () => {
    expect(await gauntlet(['run', '--only', 'wire/models-list', '--require', 'redis'], { cwd: withConfig(NO_REDIS) })).toMatchObject({
      code: 3, stderr: expect.stringMatching(/redis is required and missing: disabled in the settings\.\n.*redis.*\n\(HAR_ERR_COMPONENT_REQUIRED\)/),
    })
  })

  test('a target that does not start: 3, with its last words, and an incomplete report', async () => {
    const cwd = withConfig({ ...NO_REDIS, target: 'gw', targets: { gw: { launch: { command: process.execPath, args: ['-e', 'console.error("no licence"); process.exit(9)'] } } } })
    expect(await gauntlet(['run', '--only', 'wire/models-list'], { cwd })).toMatchObject({ code: 3, stderr: expect.stringMatching(/gw ended with code 9 before it was ready\.\n {2}no licence\n.*\n\(HAR_ERR_TARGET_START\)/) })
    expect(reportIn(join(cwd, '.gauntlet/latest'))).toMatchObject({ run: { complete: false, stopped: expect.stringContaining('no licence') }, summary: { verdict: 'incomplete' } })
  })

  test('a folder that cannot be made: 3', async () => {
    const cwd = withConfig(NO_REDIS)
    expect(await gauntlet(['run', '--out', join(cwd, 'gauntlet.config.json')], { cwd })).toMatchObject({ code: 3, stderr: expect.stringContaining('(HAR_ERR_DISK)') })
  })
})

describe('a run, and what is made of its folder', () => {
  const cwd = withConfig(NO_REDIS)
  const latest = join(cwd, '.gauntlet/latest')
  const run = (seed: number) => gauntlet(['run', '--only', 'wire/models-list,streaming/done-once,errors/upstream-400', '--seed', `${seed}`, '--reporter', 'ctrf'], { cwd })
  const copy = (): string => {
    const folder = join(newFolder('judge'), 'run')
    cpSync(latest, folder, { recursive: true, dereference: true })
    return folder
  }
  beforeAll(async () => {
    const { code, stdout, stderr } = await run(7)
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' })
  })

  test('has its files, and latest points at it', () => {
    expect(readlinkSync(latest)).toMatch(/^runs\//)
    for (const name of ['run.json', 'report.json', 'report.html', 'junit.xml']) expect(existsSync(join(latest, name)), name).toBe(true)
    expect(reportIn(latest)).toMatchObject({ run: { complete: true, seed: 7, exitCode: 0, selected: 3, executed: 3 }, summary: { verdict: 'conformant' } })
  })

  test('one seed, one transcript; another seed, another', async () => {
    const first = reportIn(latest).run.transcriptHash
    const folder = copy()
    expect((await run(7)).code).toBe(0)
    expect(reportIn(latest).run.transcriptHash).toBe(first)
    expect((await run(8)).code).toBe(0)
    expect(reportIn(latest).run.transcriptHash).not.toBe(first)
    expect(reportIn(folder).run.transcriptHash).toBe(first)
  })

  test('judge says the same again, also without a network', async (ctx) => {
    const report = reportIn(latest)
    const again = await gauntlet(['judge', latest, '--json'])
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(again.stdout)).toEqual(report)
    expect((await gauntlet(['judge', latest])).stdout).toContain('Conformant')
    let isolated = true
    try {
      execFileSync('unshare', ['-n', 'true'], { stdio: 'ignore' })
    } catch {
      isolated = false
    }
    ctx.skip(!isolated, 'unshare -n is not permitted')
    expect(JSON.parse((await gauntlet(['judge', latest, '--json'], { through: ['unshare', '-n'] })).stdout)).toEqual(report)
  })

  test('judge says what the evidence says, not what the report said', async () => {
    const folder = copy()
    const client = join(folder, 'scenarios/streaming/done-once/0/client.jsonl')
    const records = readFileSync(client, 'utf8').trimEnd().split('\n').filter((line) => !line.includes('"bytes"'))
    writeFileSync(client, `${records.join('\n')}\n`)
    const { code, stdout } = await gauntlet(['judge', folder])
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('✗ streaming/done-once') })
  })

  test.each([
    ['a record cut in the middle', 'client.jsonl', (path: string) => truncateSync(path, readFileSync(path).length - 20), /client\.jsonl ends in the middle of a record/],
    ['a line that is no record', 'upstream.jsonl', (path: string) => writeFileSync(path, '{"kind":"nope"}\n'), /upstream\.jsonl:1 is not a record/],
    ['no JSON', 'scenario.json', (path: string) => writeFileSync(path, 'garbage'), /wire\/models-list\/0/],
  ])('judge and report refuse %s by name: 2', async (_, name, spoil, says) => {
    const folder = copy()
    spoil(join(folder, 'scenarios/wire/models-list/0', name))
    for (const command of ['judge', 'report']) expect(await gauntlet([command, folder])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(says) })
  })

  test('judge refuses garbage: 2', async () => {
    const folder = newFolder('garbage')
    writeFileSync(join(folder, 'run.json'), '{"schemaVersion":1}')
    expect(await gauntlet(['judge', folder])).toMatchObject({ code: 2, stderr: expect.stringMatching(/run\.json is not the record of a run.*\n.*\n\(HAR_ERR_RUN_UNREADABLE\)/) })
  })

  test('report writes where it is told to, and prints where', async () => {
    const out = join(newFolder('report'), 'a/b')
    const { code, stdout } = await gauntlet(['report', latest, '--reporter', 'html,markdown', '--out', out])
    expect(code).toBe(0)
    expect(stdout).toContain(join(out, 'report.html'))
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i)
  })
})

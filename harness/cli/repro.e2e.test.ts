import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { which } from '../components/find-binary.ts'
import { Report } from '../../schemas/report.ts'

const run = promisify(execFile)
const launcher = join(dirname(fileURLToPath(import.meta.url)), '..', 'launcher.mjs')
const ID = 'streaming/upstream-fin-mid-stream'

/** What a reader does with a finding: open the report, read both sides, copy the line, see it again. */
describe('a finding of a broken gateway', () => {
  let dir: string
  let report: Report
  const gauntlet = async (args: string[]): Promise<number> => {
    const { code } = await run(process.execPath, [launcher, ...args], { cwd: dir }).then(() => ({ code: 0 }), (error: { code: number }) => error)
    report = Report.parse(JSON.parse(await readFile(join(dir, '.gauntlet/latest/report.json'), 'utf8')))
    return code
  }

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gauntlet-repro-'))
    expect(await gauntlet(['run', '--target', 'control:swallow-eof-as-done', '--only', `${ID},wire/chat-json`, '--seed', '7'])).toBe(1)
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  test('is confirmed five times, and nothing else is found', () => {
    expect(report.scenarios.filter((s) => s.verdict !== 'pass').map((s) => [s.id, s.flaky])).toEqual([[ID, { failed: 5, of: 5 }]])
  })

  test('is shown in a browser from file: with both sides, expected against actual, and the line that repeats it', async (context) => {
    const chromium = which('chromium')
    if (chromium === undefined && process.env['GAUNTLET_REQUIRE_CHROMIUM'] !== '1') context.skip('chromium not found: apt-get install -y chromium')
    const profile = await mkdtemp(join(tmpdir(), 'gauntlet-chromium-'))
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run', `--user-data-dir=${profile}`]
    const { stdout } = await run(chromium ?? 'chromium', [...flags, '--dump-dom', pathToFileURL(join(dir, '.gauntlet/latest/report.html')).href], { maxBuffer: 1 << 26 })
    await rm(profile, { recursive: true, force: true })
    const card = stdout.slice(stdout.indexOf(`id="${ID}"`), stdout.indexOf('</section>', stdout.indexOf(`id="${ID}"`)))
    for (const text of ['caller', 'target', 'upstream', 'FIN', 'finish_reason', '[DONE]', 'Expected', 'Actual', '--seed 7', 'does not look finished']) expect(card).toContain(text)
  })

  test('is reproduced by its line', async () => {
    const line = report.scenarios.find((s) => s.id === ID)?.repro ?? ''
    expect(line).toMatch(/^npx gauntlet run /)
    const before = report.scenarios.find((s) => s.id === ID)?.checks.filter((c) => c.verdict === 'fail').map((c) => [c.name, c.actual])
    expect(await gauntlet(line.replace('npx gauntlet ', '').split(' '))).toBe(1)
    expect(report.scenarios.map((s) => s.id)).toEqual([ID])
    expect(report.scenarios[0]?.checks.filter((c) => c.verdict === 'fail').map((c) => [c.name, c.actual])).toEqual(before)
  })
})

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { whyNotHere } from '../components/fixture.ts'
import { until } from '../components/wait.ts'
import { allGone, filesBelow, gauntlet, gauntletRunning, marked, newFolder, reportIn } from './fixture.ts'
import type { Running } from './fixture.ts'

const NO_REDIS = { environment: { redis: { disabled: true } } }
const withConfig = (config: object = NO_REDIS): string => {
  const cwd = newFolder('hardship')
  writeFileSync(join(cwd, 'gauntlet.config.json'), JSON.stringify(config))
  return cwd
}
/** Long enough to be disturbed: one scenario, executed many times. */
const LONG = ['run', '--only', 'wire/models-list,wire/chat-json', '--cells', '1', '--repeat', '200', '--confirm', '1']
/** Resolves once the run has some executions behind it. */
const inMidRun = async (cwd: string, running: Running): Promise<void> => {
  const there = () => until(async () => existsSync(join(cwd, '.gauntlet/runs')) && filesBelow(join(cwd, '.gauntlet/runs')).some((path) => path.endsWith('/2/engine.jsonl')), { timeoutMs: 30_000 })
  if (!(await there())) throw new Error(`The run never got going.\n${running.stdout()}\n${running.stderr()}`)
}
const pidOf = (running: Running, program: RegExp): number => {
  const found = [...marked(running.marker)].find(([, line]) => program.test(line))
  if (!found) throw new Error(`Nothing like ${program} runs: ${JSON.stringify([...marked(running.marker).values()])}`)
  return found[0]
}
const toxiproxyMissing = await whyNotHere('toxiproxy', 'binary')

describe('interrupted in mid-run', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s: exit 130, an incomplete report, nothing left running', async (signal) => {
    const cwd = withConfig()
    const running = gauntletRunning(LONG, { cwd })
    await inMidRun(cwd, running)
    expect(marked(running.marker).size).toBeGreaterThan(1)
    running.child.kill(signal)
    const { code, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining(`${signal}: healing faults`) })
    expect(await allGone(running.marker), JSON.stringify([...marked(running.marker)])).toBe(true)
    const latest = join(cwd, '.gauntlet/latest')
    expect(reportIn(latest)).toMatchObject({ run: { complete: false, stopped: `interrupted by ${signal}` }, summary: { verdict: 'incomplete' } })
    expect(existsSync(join(latest, 'report.html'))).toBe(true)
    expect((await gauntlet(['judge', latest])).code).toBe(4)
  })

  test('twice: at once, and still nothing is left: no process, no key', async () => {
    const cwd = withConfig()
    const tmp = newFolder('tmp')
    const running = gauntletRunning(LONG, { cwd, env: { TMPDIR: tmp } })
    await inMidRun(cwd, running)
    expect(readdirSync(tmp)).toContainEqual(expect.stringMatching(/^gauntlet-target-/))
    running.child.kill('SIGINT')
    running.child.kill('SIGTERM')
    expect((await running.ended).code).toBe(130)
    expect(await allGone(running.marker), JSON.stringify([...marked(running.marker)])).toBe(true)
    expect(readdirSync(tmp)).not.toContainEqual(expect.stringMatching(/^gauntlet-target-/))
  })

  test('while components start: exit 130 and no talk of a defect', async () => {
    const cwd = withConfig()
    const running = gauntletRunning(LONG, { cwd })
    expect(await until(async () => existsSync(join(cwd, '.gauntlet/runs')), { timeoutMs: 30_000 })).toBe(true)
    running.child.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.not.stringContaining('did not expect') })
    expect(await allGone(running.marker)).toBe(true)
  })

  test('SIGKILL of the harness itself leaves nothing running either', async () => {
    const cwd = withConfig()
    const running = gauntletRunning(LONG, { cwd })
    await inMidRun(cwd, running)
    running.child.kill('SIGKILL')
    await running.ended
    expect(await allGone(running.marker), JSON.stringify([...marked(running.marker)])).toBe(true)
    const [run = ''] = filesBelow(join(cwd, '.gauntlet/runs')).filter((path) => path.endsWith('run.json'))
    // Incomplete, or nothing on record at all; never green.
    expect([2, 4]).toContain((await gauntlet(['judge', join(run, '..')])).code)
  })
})

describe('killed in mid-run', () => {
  test('the target: a finding or unknown, never green', async () => {
    const cwd = withConfig()
    const running = gauntletRunning(LONG.map((arg) => (arg === '200' ? '12' : arg)), { cwd })
    await inMidRun(cwd, running)
    process.kill(pidOf(running, /gateway\/main/), 'SIGKILL')
    const { code, stdout } = await running.ended
    expect([1, 4], stdout).toContain(code)
    const report = reportIn(join(cwd, '.gauntlet/latest'))
    expect(report.summary.verdict).not.toBe('conformant')
    // It was started again, so that what came later is judged by itself.
    expect(report.scenarios.some((s) => s.verdict === 'pass')).toBe(true)
  })

  test('toxiproxy: the harness failed, and nothing is said against the target', async (ctx) => {
    ctx.skip(toxiproxyMissing !== undefined, toxiproxyMissing)
    const cwd = withConfig({ environment: { ...NO_REDIS.environment, toxiproxy: { provider: 'binary' } } })
    const running = gauntletRunning(LONG, { cwd })
    await inMidRun(cwd, running)
    process.kill(pidOf(running, /toxiproxy/), 'SIGKILL')
    const { code, stderr } = await running.ended
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/toxiproxy stopped answering during the run\.\n.*\n\(HAR_ERR_COMPONENT_LOST\)/) })
    expect(reportIn(join(cwd, '.gauntlet/latest'))).toMatchObject({ run: { complete: false }, summary: { counts: { fail: 0 } } })
    expect(await allGone(running.marker)).toBe(true)
  })
})

describe('a disk that is full', () => {
  // 40 kB are gone while evidence is written, 110 kB hold it and not the reports.
  test.for([['evidence', '40k'], ['a report', '110k']] as const)('while %s is written: exit 3', async ([, size], ctx) => {
    const mount = newFolder('tmpfs')
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', mount], { stdio: 'ignore' })
    } catch {
      ctx.skip('a tmpfs cannot be mounted here')
    }
    try {
      const ended = await gauntlet(['run', '--only', 'wire/models-list,wire/chat-json,streaming/done-once', '--out', mount], { cwd: withConfig() })
      expect(ended).toMatchObject({ code: 3, stderr: expect.stringContaining('(HAR_ERR_DISK)') })
    } finally {
      execFileSync('umount', ['-l', mount])
    }
  })
})

describe('secrets', () => {
  test('a key given by auth.keyEnv stands in no file of the run, though the target is told it, logs it and leaks it', async () => {
    const key = 'sk-canary-of-the-caller-0123456789'
    const source = `
      const { readFileSync } = require('node:fs')
      const { key } = JSON.parse(readFileSync('gw.json', 'utf8'))
      require('node:http').createServer((req, res) => {
        console.log(req.url, key, req.headers.authorization)
        res.setHeader('content-type', 'application/json').setHeader('x-leak', key)
        res.end(JSON.stringify({ object: 'list', data: [{ id: key, object: 'model', created: 1, owned_by: key }] }))
      }).listen(Number(process.argv[1]), '127.0.0.1')`
    const launch = { command: process.execPath, args: ['-e', source, '--', '{port}'], files: { 'gw.json': '{"key":"{key.caller}"}' } }
    const cwd = withConfig({ ...NO_REDIS, target: 'leaky', targets: { leaky: { launch, auth: { keyEnv: 'LEAKY_KEY' }, claims: { features: ['models', 'chat'] } } } })
    const { stdout, stderr } = await gauntlet(['run', '--only', 'wire/models-list,wire/chat-json', '--confirm', '0', '--reporter', 'markdown,ctrf'], { cwd, env: { LEAKY_KEY: key } })
    expect(`${stdout}${stderr}`).not.toContain(key)
    const files = filesBelow(realpathSync(join(cwd, '.gauntlet/latest')))
    expect(files.length).toBeGreaterThan(10)
    const coded = [0, 1, 2].map((shift) => Buffer.from(`${'x'.repeat(shift)}${key}`).toString('base64').slice(4, -4))
    for (const path of files) {
      const text = readFileSync(path, 'latin1')
      expect(text.includes(key), path).toBe(false)
      for (const form of coded) expect(text.includes(form), `${path} (base64)`).toBe(false)
    }
    expect(readFileSync(files.find((path) => path.endsWith('target-0-1.log')) ?? '', 'utf8')).toMatch(/^\/v1\/models <</m)
  })

  test('nor does it when the target dies with it on its lips', async () => {
    const key = 'sk-canary-of-the-caller-0123456789'
    const launch = { command: process.execPath, args: ['-e', 'console.error("bad key", process.env.KEY); process.exit(1)'], env: { KEY: '{key.caller}' } }
    const cwd = withConfig({ ...NO_REDIS, target: 'leaky', targets: { leaky: { launch, auth: { keyEnv: 'LEAKY_KEY' } } } })
    const { code, stderr } = await gauntlet(['run', '--only', 'wire/models-list'], { cwd, env: { LEAKY_KEY: key } })
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/\n {2}bad key <<.*\n/) })
    for (const path of filesBelow(realpathSync(join(cwd, '.gauntlet/latest')))) expect(readFileSync(path, 'latin1').includes(key), path).toBe(false)
    expect(stderr).not.toContain(key)
  })

  test('a key variable that is not set is told before anything starts', async () => {
    const cwd = withConfig({ target: 'gw', targets: { gw: { launch: { command: 'x' }, auth: { keyEnv: 'LEAKY_NO_KEY' } } } })
    expect(await gauntlet(['run'], { cwd })).toMatchObject({ code: 2, stderr: expect.stringContaining('LEAKY_NO_KEY is not set') })
    expect(existsSync(join(cwd, '.gauntlet'))).toBe(false)
  })
})

test('gauntlet upstream says that its port is taken, and ends with a signal', async () => {
  const running = gauntletRunning(['upstream'])
  expect(await until(async () => running.stdout().includes('Ctrl-C'), { timeoutMs: 30_000 })).toBe(true)
  const port = /primary +http:\/\/127\.0\.0\.1:(\d+)/.exec(running.stdout())?.[1] ?? ''
  expect((await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body: '{"messages":[]}' })).status).toBe(200)
  expect(await gauntlet(['upstream', '--primary', port])).toMatchObject({ code: 3, stderr: expect.stringMatching(new RegExp(`Port ${port} of the primary lane is taken.*\\n.*\\n\\(HAR_ERR_PORT_TAKEN\\)`)) })
  running.child.kill('SIGINT')
  expect((await running.ended).code).toBe(130)
})

import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { Target } from '../../schemas/config.ts'
import type { TargetInput } from '../../schemas/config.ts'
import { isAlive, tempFolder } from '../components/fixture.ts'
import { startTarget } from './start.ts'

const folder = tempFolder('targets')
const values = { 'upstream.primary': 'http://127.0.0.1:1/v1', 'upstream.secondary': 'http://127.0.0.1:2/v1', 'key.caller': 'sk-caller', 'key.limited': 'sk-limited', 'key.upstream': 'sk-upstream', redis: '' }
let count = 0

const start = (source: string, launch: Partial<NonNullable<TargetInput['launch']>> = {}, more: Partial<TargetInput> = {}, signal = new AbortController().signal) => {
  const dir = join(folder, `${++count}`)
  const target = Target.parse({ launch: { command: process.execPath, args: ['-e', source, '--', '{port}'], startTimeoutMs: 5000, ...launch }, ...more })
  return startTarget(target, 'tiny', values, { dir, logFile: join(folder, `${count}.log`), signal })
}
/** A gateway of one line; `answer` is the body of its request listener. */
const serving = (answer: string): string => `require('node:http').createServer((req, res) => { ${answer} }).listen(Number(process.argv[1]), '127.0.0.1')`

test('is started with its files, arguments and environment, and ends with its process', async () => {
  let pid: number | undefined
  {
    await using target = await start(serving(`res.end(JSON.stringify({ file: require('node:fs').readFileSync('conf/a.json', 'utf8'), env: process.env.UP, auth: req.headers.authorization }))`), {
      files: { 'conf/a.json': '{"key":"{key.upstream}","port":{port}}' }, env: { UP: '{upstream.primary}' },
    })
    pid = target.process?.pid
    expect(target).toMatchObject({ host: '127.0.0.1', basePath: '/v1' })
    const seen: unknown = await (await fetch(`http://127.0.0.1:${target.port}/`)).json()
    expect(seen).toEqual({ file: `{"key":"sk-upstream","port":${target.port}}`, env: values['upstream.primary'] })
  }
  expect(isAlive(pid ?? 0)).toBe(false)
})

test('is ready once its ready path answers 2xx, asked with the caller\'s key and the target\'s headers', async () => {
  const answer = `globalThis.n = (globalThis.n ?? 0) + 1; console.log(req.url, req.headers.authorization, req.headers['x-tenant']); res.writeHead(n < 3 ? 503 : 204).end()`
  await using target = await start(serving(answer), { ready: '/up?port={port}' }, { headers: { 'x-tenant': 'blue' } })
  const lines = readFileSync(join(folder, `${count}.log`), 'utf8').trim().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(3)
  expect(new Set(lines)).toEqual(new Set([`/up?port=${target.port} Bearer sk-caller blue`]))
})

test('without a ready path it is enough that it takes connections', async () => {
  await using target = await start(serving('res.destroy()'), { ready: '' })
  await expect(fetch(`http://127.0.0.1:${target.port}/`)).rejects.toThrow()
})

test('one that exits at once is told with the last lines of its log', async () => {
  await expect(start(`for (let i = 1; i < 9; i++) console.log('line ' + i); console.error('no such option'); process.exit(64)`)).rejects.toMatchObject({
    code: 'HAR_ERR_TARGET_START', exitCode: 3, message: expect.stringMatching(/^tiny ended with code 64 before it was ready\.\n(.*\n)*.*line 8\n {2}no such option$/), hint: expect.stringContaining(`${count}.log`),
  })
})

test('one that never gets ready is told, and nothing of it is left', async () => {
  const failed = start(`console.log(process.pid); ${serving('res.writeHead(500).end()')}`, { startTimeoutMs: 400 })
  await expect(failed).rejects.toMatchObject({ code: 'HAR_ERR_TARGET_START', message: expect.stringMatching(/was not ready after 400 ms\.\n {2}\d+$/) })
  expect(isAlive(Number(readFileSync(join(folder, `${count}.log`), 'utf8')))).toBe(false)
})

test('a command that does not exist, and a folder that does not, are told', async () => {
  await expect(start('', { command: '/no/such/gateway' })).rejects.toMatchObject({ code: 'HAR_ERR_TARGET_START', message: expect.stringContaining('/no/such/gateway') })
  await expect(start('', { cwd: '/no/such/folder' })).rejects.toMatchObject({ code: 'HAR_ERR_TARGET_START', message: expect.stringContaining('/no/such/folder') })
})

test('a command that begins with a dot is one of the caller\'s folder, not of the target\'s own', async () => {
  const command = `./${relative(process.cwd(), process.execPath)}`
  await using target = await start(serving('res.end(process.cwd())'), { command })
  expect(await (await fetch(`http://127.0.0.1:${target.port}/`)).text()).toBe(join(folder, `${count}`))
})

test('a port that is taken meanwhile is exchanged for another', async () => {
  // Says what Node says of a taken port the first time, and serves the second.
  const source = `
    const fs = require('node:fs'); const again = fs.existsSync('been'); fs.writeFileSync('been', '')
    if (!again) { console.error('Error: listen EADDRINUSE: address already in use 127.0.0.1:' + process.argv[1]); process.exit(1) }
    ${serving('res.end(process.argv[1])')}`
  await using target = await start(source)
  expect(await (await fetch(`http://127.0.0.1:${target.port}/`)).text()).toBe(String(target.port))
  expect(readFileSync(join(folder, `${count}.log`), 'utf8')).not.toContain(`:${target.port}`)
})

test('a port that is always taken ends as a taken port', async () => {
  await expect(start(`console.error('bind: address already in use'); process.exit(1)`)).rejects.toMatchObject({ code: 'HAR_ERR_PORT_TAKEN', exitCode: 3 })
})

test('an abort during the start ends it with its reason', async () => {
  const stop = new AbortController()
  const started = start('setInterval(() => {}, 1000)', {}, {}, stop.signal)
  stop.abort('interrupted')
  await expect(started).rejects.toBe('interrupted')
})

test('one that already runs is taken as it is, and left running', async () => {
  for (const [baseURL, port, basePath] of [['http://gw.local:8080/api/v1/', 8080, '/api/v1'], ['http://gw.local', 80, '']] as const) {
    const target = Target.parse({ baseURL })
    const started = await startTarget(target, 'x', values, { dir: join(folder, 'unused'), logFile: join(folder, 'unused.log'), signal: new AbortController().signal })
    expect(started).toMatchObject({ host: 'gw.local', port, basePath })
    expect(started.process).toBeUndefined()
  }
})

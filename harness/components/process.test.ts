import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive, tempFolder } from './fixture.ts'
import { freePort, withFreePort } from './port.ts'
import { launch, type LaunchOptions } from './process.ts'
import { until } from './wait.ts'

const folder = tempFolder('process')
let count = 0

function script(source: string, rest: Partial<LaunchOptions> = {}): LaunchOptions {
  const logFile = join(folder, `logs/${++count}.log`)
  return { name: 'fixture', command: process.execPath, args: ['-e', source], logFile, timeoutMs: 5000, ready: async () => /^ready/m.test(readFileSync(logFile, 'utf8')), ...rest }
}

test('resolves when ready, captures both streams, and disposing ends the whole group', async () => {
  const options = script(`
    const c = require('node:child_process').spawn('sleep', ['60']);
    console.error('grandchild ' + c.pid); console.log('ready'); setInterval(() => {}, 1000)`)
  let grandchild: number
  {
    await using child = await launch(options)
    grandchild = Number(/grandchild (\d+)/.exec(readFileSync(options.logFile, 'utf8'))?.[1])
    expect(isAlive(child.pid)).toBe(true)
    expect(isAlive(grandchild)).toBe(true)
  }
  expect(await until(async () => !isAlive(grandchild), { timeoutMs: 2000 })).toBe(true)
})

test('a child that ignores SIGTERM, or is stopped, is killed', async () => {
  const child = await launch(script(`process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)`))
  child.kill('SIGSTOP')
  await child[Symbol.asyncDispose]()
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
  expect(child.kill('SIGTERM')).toBe(false)
})

test('an early end names the code and the last lines of the log', async () => {
  await expect(launch(script(`console.error('no such model'); process.exit(7)`))).rejects.toMatchObject({
    code: 'HAR_ERR_COMPONENT_START',
    message: 'fixture ended with code 7 before it was ready.\n  no such model',
  })
})

test('an end because the port is taken has its own code, and another port is tried', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const ports: number[] = []
  const error = await withFreePort(async (port) => {
    ports.push(port)
    const { port: used } = taken.address() as { port: number }
    return await launch(script(`require('node:net').createServer().listen(${used}, '127.0.0.1')`))
  }).catch((thrown: unknown) => thrown)
  taken.close()
  expect(error).toMatchObject({ code: 'HAR_ERR_PORT_TAKEN', exitCode: 3 })
  expect(new Set(ports).size).toBe(3)
})

test('a command that does not exist, a start that is too slow, and an abort leave nothing behind', async () => {
  await expect(launch(script('', { command: '/nowhere/redis' }))).rejects.toMatchObject({ code: 'HAR_ERR_COMPONENT_START' })
  const slow = script(`console.log(process.pid); setInterval(() => {}, 1000)`, { timeoutMs: 300, errorCode: 'HAR_ERR_TARGET_START' })
  await expect(launch(slow)).rejects.toMatchObject({ code: 'HAR_ERR_TARGET_START' })
  expect(isAlive(Number(readFileSync(slow.logFile, 'utf8').split('\n')[0]))).toBe(false)
  const hanging = script(`console.log(process.pid); setInterval(() => {}, 1000)`, { ready: () => new Promise(() => undefined), signal: AbortSignal.timeout(300) })
  await expect(launch(hanging)).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(isAlive(Number(readFileSync(hanging.logFile, 'utf8').split('\n')[0]))).toBe(false)
})

test.skipIf(process.platform === 'win32').each(['SIGKILL', 'SIGINT'] as const)('children die with a harness that gets %s', async (signal) => {
  const pidFile = join(folder, `pid-${signal}`)
  const program = join(folder, `harness-${signal}.ts`)
  writeFileSync(
    program,
    `import { launch } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))}
     import { writeFileSync } from 'node:fs'
     const child = await launch({ name: 'x', command: 'sleep', args: ['60'], logFile: ${JSON.stringify(join(folder, 'x.log'))}, ready: async () => true })
     writeFileSync(${JSON.stringify(pidFile)}, String(child.pid))
     setInterval(() => {}, 1000)`,
  )
  const harness = spawn(process.execPath, [program], { stdio: 'inherit' })
  expect(await until(async () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '', { timeoutMs: 10_000 })).toBe(true)
  const pid = Number(readFileSync(pidFile, 'utf8'))
  expect(isAlive(pid)).toBe(true)
  harness.kill(signal)
  expect(await until(async () => !isAlive(pid), { timeoutMs: 4000 })).toBe(true)
})

test('a finished harness is not kept alive by the watchdog', () => {
  const program = join(folder, 'short.ts')
  writeFileSync(
    program,
    `import { launch } from ${JSON.stringify(join(import.meta.dirname, 'process.ts'))}
     await using child = await launch({ name: 'x', command: 'sleep', args: ['60'], logFile: ${JSON.stringify(join(folder, 'y.log'))}, ready: async () => true })
     console.log(child.pid > 0)`,
  )
  expect(execFileSync(process.execPath, [program], { timeout: 10_000, encoding: 'utf8' })).toBe('true\n')
})

test('a child that loses its port to another server of its kind is not taken for ready', async () => {
  // A shell, because Node itself takes longer to start on a busy machine than a child is watched.
  const slowDeath = { ...script('', { ready: async () => true }), command: '/bin/sh', args: ['-c', 'sleep 0.02; echo "bind: address already in use" >&2; exit 1'] }
  await expect(launch(slowDeath)).rejects.toMatchObject({ code: 'HAR_ERR_PORT_TAKEN' })
})

test('free ports differ, and are none of those that connections get', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()))
  expect(new Set(ports).size).toBe(50)
  expect(Math.max(...ports)).toBeLessThan(32_768)
  await expect(freePort('192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from './fixture.ts'
import { runK6 } from './k6.ts'
import { until } from './wait.ts'

const cwd = tempFolder('k6')

function fake(name: string, script: string) {
  const path = join(cwd, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return { found: { name: 'k6', provider: 'binary', version: '1.8.1', where: path }, path } as const
}

test('any exit code of k6 is an answer, and its words are in the log', async () => {
  const logFile = join(cwd, 'a.log')
  const k6 = fake('k6-99', 'echo "$K6_NO_USAGE_REPORT $TARGET $*"; pwd; exit 99')
  expect(await runK6(k6, ['run', 's.js'], { cwd, env: { TARGET: 'http://t' }, logFile })).toEqual({ code: 99 })
  expect(readFileSync(logFile, 'utf8')).toBe(`true http://t run s.js\n${cwd}\n`)
})

test('an abort interrupts k6 and still takes its answer', async () => {
  const logFile = join(cwd, 'b.log')
  const k6 = fake('k6-long', `trap 'echo summary; exit 105' INT\necho started\nwhile :; do sleep 0.05; done`)
  const controller = new AbortController()
  const running = runK6(k6, [], { cwd, logFile, signal: controller.signal })
  await until(async () => readFileSync(logFile, 'utf8').includes('started'), { timeoutMs: 5000 })
  controller.abort()
  expect(await running).toEqual({ code: 105 })
  expect(readFileSync(logFile, 'utf8')).toBe('started\nsummary\n')
})

test('a k6 that cannot start or is killed is an error', async () => {
  const logFile = join(cwd, 'c.log')
  await expect(runK6({ ...fake('x', ''), path: '/nowhere/k6' }, [], { cwd, logFile })).rejects.toMatchObject({ code: 'HAR_ERR_K6' })
  await expect(runK6(fake('k6-dies', 'kill -9 $$'), [], { cwd, logFile })).rejects.toMatchObject({ code: 'HAR_ERR_K6', message: 'k6 was killed.' })
})

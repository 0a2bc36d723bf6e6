import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { reporters } from '../../reports/index.ts'
import { loadConfig } from './config.ts'
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

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const readme = read('README.md')
const commands = new Map([doctorCommand, gatewayCommand, initCommand, installCommand, judgeCommand, listCommand, reportCommand, runCommand, sloCommand, upstreamCommand].map((make) => [make().name(), make()]))
const lines = [...readme.matchAll(/gauntlet (\w+)([^\n`|]*)/g)].filter(([line]) => /^gauntlet [a-z]+/.test(line) && commands.has(line.split(' ')[1] ?? ''))

test('every command has its place in the README', () => {
  for (const name of commands.keys()) expect(readme).toContain(`gauntlet ${name}`)
})

test('every flag in the README exists on its command', () => {
  expect(lines.length).toBeGreaterThan(10)
  for (const [line, name = '', rest = ''] of lines) {
    const known = commands.get(name)?.options.map((o) => o.long) ?? []
    for (const flag of rest.match(/--[a-z-]+/g) ?? []) expect(known, line).toContain(flag)
  }
  const table = readme.split('\n').find((line) => line.startsWith('| `gauntlet run`')) ?? ''
  for (const flag of table.match(/--[a-z-]+/g) ?? []) expect(runCommand().options.map((o) => o.long)).toContain(flag)
})

test('its reporters, controls and npm scripts exist', () => {
  for (const [, names = ''] of readme.matchAll(/--reporter ([\w,]+)/g)) for (const name of names.split(',')) expect(Object.keys(reporters)).toContain(name)
  for (const [, name = ''] of readme.matchAll(/control:([\w-]+)/g)) expect(() => read(`harness/controls/${name}.ts`)).not.toThrow()
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const [, name = ''] of readme.matchAll(/npm (?:run )?(start|test|check|gauntlet)\b/g)) expect(Object.keys(scripts)).toContain(name)
})

test('its scenario is one of the catalogue, letter by letter', () => {
  const block = /```ts\n(import \{ aliveAfter[^]*?)```/.exec(readme)?.[1]
  expect(read('scenarios/streaming/upstream-fin-mid-stream.ts')).toBe(block)
})

test('its config is valid', async () => {
  const block = /```ts\nimport \{ defineConfig \} from 'gauntlet'\n([^]*?)```/.exec(readme)?.[1] ?? ''
  const dir = mkdtempSync(join(tmpdir(), 'gauntlet-readme-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'gauntlet.config.mts'), `const defineConfig = <T,>(config: T): T => config\n${block}`)
  expect((await loadConfig(join(dir, 'gauntlet.config.mts'))).config.target).toBe('my-gateway')
})

test('every folder it names exists', () => {
  for (const [, folder = ''] of readme.matchAll(/^\| `(\w+)\/` \|/gm)) expect(() => read(`${folder}/.oxlintrc.json`)).not.toThrow()
})

import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderAll, reporters, type Reporter } from './index.ts'
import { renderWith } from './render.ts'
import { sample } from './sample.ts'

const isReporter = (value: unknown): value is Reporter =>
  typeof value === 'object' && value !== null && 'name' in value && 'render' in value && typeof value.render === 'function'

test('folder and index agree', async () => {
  const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const found: [string, Reporter][] = []
  for (const file of files) {
    const { default: reporter } = (await import(/* @vite-ignore */ join(import.meta.dirname, file))) as { default?: unknown }
    if (isReporter(reporter)) found.push([file.replace(/\.ts$/, ''), reporter])
  }
  expect(Object.fromEntries(found)).toEqual(reporters)
  for (const [name, reporter] of Object.entries(reporters)) expect(reporter.name).toBe(name)
  const outputs = Object.values(reporters).flatMap((r) => r.file ?? [])
  expect(new Set(outputs).size).toBe(outputs.length)
})

test('a reporter that throws is reported and the others go on', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'gauntlet-reports-'))
  const broken: Reporter = { name: 'broken', file: 'broken.txt', render: () => { throw new Error('no ink') } }
  const results = await renderWith({ ...reporters, broken }, sample, ['console', 'broken', 'json', 'nonsense', 'toString', 'junit'], dir)
  expect(results.map((r) => [r.name, r.ok])).toEqual([['console', true], ['broken', false], ['json', true], ['nonsense', false], ['toString', false], ['junit', true]])
  expect(results[1]).toMatchObject({ error: new Error('no ink') })
  expect(results[3]).toMatchObject({ error: new Error('no reporter is called "nonsense"; there are console, ctrf, html, json, junit, markdown, broken') })
  expect(results[0]).toMatchObject({ text: expect.stringContaining(`report ${join(dir, 'report.json')}`) as string })
  expect((await readdir(dir)).toSorted()).toEqual(['junit.xml', 'report.json'])
  expect(await readFile(join(dir, 'report.json'), 'utf8')).toBe(await reporters['json']?.render(sample))
})

test('a folder that cannot be written to is a result of each reporter, not an exception', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'gauntlet-reports-')), 'a-file')
  await writeFile(file, '')
  const results = await renderAll(sample, ['json', 'console'], file)
  expect(results.map((r) => [r.name, r.ok])).toEqual([['json', false], ['console', true]])
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CALLER_KEY, chunk, endOf, Rig, sse, UPSTREAM_KEY, WHOLE } from './proxy/fixture.ts'

const serve = (...args: string[]): ChildProcess => spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

test('the process serves a config file, drains on SIGTERM and exits 0', async () => {
  const hold = Promise.withResolvers<void>()
  await using rig = await Rig.start(async ({ res }) => {
    sse(res, chunk({ content: 'one' }))
    await hold.promise
    sse(res, ...WHOLE, '[DONE]').end()
  })
  const folder = await mkdtemp(join(tmpdir(), 'controls-'))
  const file = join(folder, 'config.json')
  await writeFile(file, JSON.stringify({ port: 0, callerKey: CALLER_KEY, upstreamKey: UPSTREAM_KEY, upstreams: { primary: rig.lanes['primary'] }, models: { 'gauntlet-chat': ['primary'] }, redis: null }))
  const child = serve('none', '--config', file)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  rig.port = Number(/:(\d+)\n/.exec(line.toString())?.[1])

  const live = rig.stream()
  await rig.callerSaw('one', 2000)
  child.kill('SIGTERM')
  let ready = 200
  while (ready === 200) ready = (await rig.send('/health/ready')).status
  const refused = await rig.chat()
  expect([ready, (await rig.send('/health/live')).status, refused.status, refused.headers.connection]).toEqual([503, 200, 503, 'close'])
  hold.resolve()
  expect(endOf(await live)).toBe('done1, clean')
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(0)
  await rm(folder, { recursive: true })
})

test('an unknown name is a usage error that lists the names', async () => {
  const child = serve('nope', '--config', 'x.json')
  const [text] = (await once(child.stderr as NodeJS.ReadableStream, 'data')) as [Buffer]
  expect(text.toString()).toContain('NAME is none or one of')
  const [code] = (await once(child, 'exit')) as [number]
  expect(code).toBe(2)
})

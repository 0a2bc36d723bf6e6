import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Records } from './assemble.ts'
import { evidence } from './fixture.ts'
import { readEvidence, writeEvidence } from './folder.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gauntlet-evidence-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const { scenario, claims } = evidence({ scenario: { checks: [{ check: 'status-is', params: { anyOf: [200] } }] } })
const head = { scenario, claims, durationMs: 12.5 }
const records: Records = {
  client: [
    { kind: 'end', t: 9, nonce: 'a', how: 'complete', detail: '' },
    { kind: 'bytes', t: 5, nonce: 'a', data: Buffer.from([0xff, 0x00, 0xf0]).toString('base64') },
    { kind: 'request', t: 1, nonce: 'a', window: 'fault', label: 'x', method: 'POST', path: '/', headers: [['A', '1'], ['a', '2']], body: 'line\nbreak', stream: true },
  ],
  upstream: [{ kind: 'request', t: 2, id: '1', lane: 'primary', nonce: null, attempt: 1, method: 'POST', path: '/', headers: [], body: '' }],
  diary: [{ kind: 'window', t: 0, window: 'end' }],
}

test('what was written is read again, in the order of time, every byte of it', async () => {
  await writeEvidence(join(dir, 'a', 'b'), head, records)
  const { evidence: found, durationMs } = await readEvidence(join(dir, 'a', 'b'))
  expect(durationMs).toBe(12.5)
  expect(found.scenario).toEqual(scenario)
  expect(found.claims).toEqual(claims)
  expect(found.exchanges[0]).toMatchObject({ nonce: 'a', request: { headers: [['A', '1'], ['a', '2']], body: 'line\nbreak' }, end: { t: 9 } })
  expect([...(found.exchanges[0]?.chunks[0]?.bytes ?? [])]).toEqual([0xff, 0x00, 0xf0])
  expect(found.attempts[0]?.nonce).toBeNull()
  expect(found.diary).toEqual(records.diary)
})

test('empty records are evidence too: of nothing', async () => {
  await writeEvidence(dir, head, { client: [], upstream: [], diary: [] })
  expect((await readEvidence(dir)).evidence).toMatchObject({ exchanges: [], attempts: [], diary: [] })
})

const unreadable = { code: 'HAR_ERR_RUN_UNREADABLE' }

test('a folder that is not there, or lacks a file, is unreadable', async () => {
  await expect(readEvidence(join(dir, 'none'))).rejects.toMatchObject({ ...unreadable, message: expect.stringContaining(join(dir, 'none')) })
  await writeEvidence(dir, head, records)
  await rm(join(dir, 'upstream.jsonl'))
  await expect(readEvidence(dir)).rejects.toMatchObject(unreadable)
})

test.each(['client.jsonl', 'upstream.jsonl', 'engine.jsonl', 'scenario.json'])('half of %s is not read as whole', async (name) => {
  await writeEvidence(dir, head, records)
  const text = await readFile(join(dir, name), 'utf8')
  for (const cut of [Math.floor(text.length / 2), text.length - 2]) {
    await writeFile(join(dir, name), text.slice(0, cut))
    await expect(readEvidence(dir)).rejects.toMatchObject(unreadable)
  }
})

test.each(['{"kind":"party","t":0}', '{"kind":"window","t":0,"window":"end","more":1}', '{"kind":"window","window":"end"}', 'null'])('a record that no schema knows is refused with its line: %s', async (line) => {
  await writeEvidence(dir, head, records)
  await writeFile(join(dir, 'engine.jsonl'), `{"kind":"lag","t":0,"ms":1}\n${line}\n`)
  await expect(readEvidence(dir)).rejects.toMatchObject({ ...unreadable, message: expect.stringMatching(/engine\.jsonl:2 /) })
})

test('a place that cannot be written is told as such', async () => {
  await writeFile(join(dir, 'file'), '')
  await expect(writeEvidence(join(dir, 'file', 'x'), head, records)).rejects.toMatchObject({ code: 'HAR_ERR_DISK' })
})

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { findBinary, olderThan, which } from './find-binary.ts'
import { tempFolder } from './fixture.ts'
import { cachedTool } from './tool-cache.ts'

const folder = tempFolder('find')
afterEach(() => vi.unstubAllEnvs())

function program(path: string, says: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`)
  chmodSync(path, 0o755)
  return path
}

function isolated(name: string): string {
  const root = join(folder, name)
  vi.stubEnv('GAUNTLET_CACHE', join(root, 'cache'))
  vi.stubEnv('PATH', join(root, 'path'))
  vi.stubEnv('GOBIN', join(root, 'go'))
  return root
}

test('the tool cache goes before PATH, and PATH before the folder of go install', async () => {
  const root = isolated('order')
  const inGo = program(join(root, 'go/k6'), 'k6 v1.9.0 (go1.26.8, linux/amd64)')
  expect(await findBinary('k6')).toEqual({ path: inGo, version: '1.9.0' })
  const onPath = program(join(root, 'path/k6'), 'k6 v1.8.1')
  expect(await findBinary('k6')).toEqual({ path: onPath, version: '1.8.1' })
  const inCache = program(cachedTool('k6'), 'k6 v2.0.0')
  expect(inCache).toBe(join(root, 'cache/bin/k6'))
  expect(await findBinary('k6')).toEqual({ path: inCache, version: '2.0.0' })
})

test('one that is too old is passed over, and named when there is no other', async () => {
  const root = isolated('old')
  const old = program(join(root, 'path/k6'), 'k6 v0.49.0')
  expect(await findBinary('k6')).toBe(`${old} is 0.49.0, older than 1.8.0`)
  const fresh = program(join(root, 'go/k6'), 'k6 v1.8.1')
  expect(await findBinary('k6')).toMatchObject({ path: fresh })
  expect(await findBinary('k6', old), 'a given one is taken as it is').toEqual({ path: old, version: '0.49.0' })
})

test('a program called server that is not Toxiproxy is not taken for it', async () => {
  const root = isolated('server')
  program(join(root, 'go/server'), 'version 3.0.0')
  expect(await findBinary('toxiproxy')).toBe('no toxiproxy-server in the tool cache or on PATH')
})

test('0.0.0 and silence are no version', async () => {
  isolated('versions')
  expect(await findBinary('ollama', program(join(folder, 'a/ollama'), 'ollama version is 0.0.0'))).toMatchObject({ version: 'unknown' })
  expect(await findBinary('redis', program(join(folder, 'a/redis'), 'Redis server v=7.0.15 sha=00000000:0'))).toMatchObject({ version: '7.0.15' })
  expect(await findBinary('redis', '/nowhere/redis-server')).toBe('/nowhere/redis-server is not a program')
})

test('versions are compared by number', () => {
  expect(olderThan('1.10.0', '1.9.0')).toBe(false)
  expect(olderThan('0.49.0', '1.8.0')).toBe(true)
  expect(olderThan('1.8.0', '1.8.0')).toBe(false)
  expect(olderThan('unknown', '1.8.0')).toBe(false)
})

test('which finds programs, not folders or plain files', () => {
  const root = join(folder, 'which')
  mkdirSync(join(root, 'a/tool'), { recursive: true })
  mkdirSync(join(root, 'b'))
  writeFileSync(join(root, 'b/tool'), '')
  const real = program(join(root, 'c/tool'), '')
  expect(which('tool', ['a', 'b', 'c'].map((part) => join(root, part)).join(':'))).toBe(real)
  expect(which('tool', '')).toBeUndefined()
})

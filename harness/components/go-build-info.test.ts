import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from './fixture.ts'
import { goBuildInfo } from './go-build-info.ts'

const folder = tempFolder('buildinfo')

function program(modules: string, { flags = 2, before = 48 } = {}): string {
  const text = Buffer.concat([Buffer.alloc(16, 0x30), Buffer.from(modules), Buffer.alloc(16, 0x39)])
  const varint = Buffer.from([(text.length & 0x7f) | 0x80, text.length >> 7])
  const header = Buffer.concat([Buffer.from([0xff]), Buffer.from(' Go buildinf:'), Buffer.from([8, flags]), Buffer.alloc(16)])
  const file = join(folder, `${Math.random()}`)
  writeFileSync(file, Buffer.concat([Buffer.alloc(before), header, Buffer.from([8]), Buffer.from('go1.26.8'), varint, text]))
  return file
}

const MODULES = `path\tgithub.com/Shopify/toxiproxy/v2/cmd/server\nmod\tgithub.com/Shopify/toxiproxy/v2\tv2.12.0\th1:x=\ndep\texample.org/y\tv9.9.9\n${' '.repeat(100)}`

test('reads the main module and its version', async () => {
  expect(await goBuildInfo(program(MODULES))).toEqual({ module: 'github.com/Shopify/toxiproxy/v2', version: '2.12.0' })
})

test('passes over the magic where it is only text, and over programs of an old Go', async () => {
  expect(await goBuildInfo(program(MODULES, { before: 47 }))).toBeUndefined()
  expect(await goBuildInfo(program(MODULES, { flags: 0 }))).toBeUndefined()
})

test('a file that is no Go program, or is not there, has none', async () => {
  expect(await goBuildInfo(process.execPath)).toBeUndefined()
  expect(await goBuildInfo(join(folder, 'nothing'))).toBeUndefined()
})

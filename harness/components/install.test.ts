import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { tempFolder } from './fixture.ts'
import { installComponent } from './install.ts'
import { quickInstallToxiproxy } from './quick-install.ts'

const folder = tempFolder('install')
afterEach(() => vi.unstubAllEnvs())

/** A machine whose `go` is the given shell script, without any component. */
function machine(name: string, go?: string): string {
  const root = join(folder, name)
  mkdirSync(join(root, 'path'), { recursive: true })
  if (go !== undefined) {
    writeFileSync(join(root, 'path/go'), `#!/bin/sh\n${go}\n`)
    chmodSync(join(root, 'path/go'), 0o755)
  }
  vi.stubEnv('PATH', join(root, 'path'))
  vi.stubEnv('GAUNTLET_CACHE', join(root, 'cache'))
  vi.stubEnv('GAUNTLET_TOXIPROXY_PROVIDER', 'binary')
  vi.stubEnv('GOBIN', join(root, 'nothing'))
  return root
}

const WORKS = `[ "$1" = install ] || exit 0
printf '#!/bin/sh\\necho toxiproxy-server version 2.12.0 %s\\n' "$2" > "$GOBIN/server"
/bin/chmod +x "$GOBIN/server"`

test('go install builds into the tool cache under the name that is looked for', async () => {
  const root = machine('works', WORKS)
  const lines: string[] = []
  const found = await installComponent('toxiproxy', { onProgress: (line) => lines.push(line) })
  expect(found).toEqual({ name: 'toxiproxy', provider: 'binary', version: '2.12.0', where: join(root, 'cache/bin/toxiproxy-server') })
  expect(lines[0]).toBe('toxiproxy: go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0')
  expect(readdirSync(join(root, 'cache/bin')), 'nothing half-built is left').toEqual(['toxiproxy-server'])
  expect(await installComponent('toxiproxy', { onProgress: (line) => lines.push(line) })).toEqual(found)
  expect(lines.at(-1)).toBe('toxiproxy: 2.12.0 is in the tool cache already')
})

test('a failed build says the last line and leaves nothing', async () => {
  const root = machine('fails', `echo 'go: downloading' >&2; echo 'cgo: C compiler "gcc" not found' >&2; exit 1`)
  await expect(installComponent('ollama')).rejects.toMatchObject({
    code: 'HAR_ERR_INSTALL',
    message: 'go install github.com/ollama/ollama@v0.6.5 failed: cgo: C compiler "gcc" not found',
  })
  expect(readdirSync(join(root, 'cache/bin'))).toEqual([])
})

test('without Go, and for what Go does not build, the answer is the line to run', async () => {
  machine('bare')
  await expect(installComponent('k6')).rejects.toMatchObject({ code: 'HAR_ERR_INSTALL', hint: expect.stringContaining('npx gauntlet install k6') })
  await expect(installComponent('redis')).rejects.toMatchObject({ code: 'HAR_ERR_INSTALL', hint: 'install redis with your package manager' })
})

test('a missing Toxiproxy is fetched once, with one line that says so', async () => {
  machine('quick', WORKS)
  const lines: string[] = []
  const onProgress = (line: string) => lines.push(line)
  await quickInstallToxiproxy({ onProgress })
  await quickInstallToxiproxy({ onProgress })
  expect(lines).toEqual(['toxiproxy not found: fetching it with Go into the tool cache, once (GAUNTLET_OFFLINE=1 prevents it)'])
})

test('nothing is fetched offline, when disabled, or without Go; a failure is only told', async () => {
  const lines: string[] = []
  const onProgress = (line: string) => lines.push(line)
  machine('offline', 'exit 1')
  vi.stubEnv('GAUNTLET_OFFLINE', '1')
  await quickInstallToxiproxy({ onProgress })
  vi.stubEnv('GAUNTLET_OFFLINE', '')
  await quickInstallToxiproxy({ onProgress, settings: { disabled: true } })
  expect(lines).toEqual([])
  await quickInstallToxiproxy({ onProgress })
  expect(lines).toHaveLength(2)
  machine('no go')
  await quickInstallToxiproxy({ onProgress })
  expect(lines).toHaveLength(2)
})

#!/usr/bin/env node
// The `gauntlet` command. Runs on any Node from 20 on and hands over to Node 24 or later, which the suite needs: this very
// Node if it is new enough, else the one installed beside the package, else one that npm puts into the tool cache, once.
// Starts the built program, or the source where there is no build (a checkout): Node strips types, but not inside
// node_modules.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import envPaths from 'env-paths'

const NODE = '24.21.0'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'harness', 'cli', 'main.ts')
// In a checkout `import … from 'gauntlet'` in a config means the source too.
const entry = existsSync(source) ? ['--conditions=gauntlet-source', source] : [join(root, 'dist', 'harness', 'cli', 'main.js')]

const newEnough = () => Number(process.versions.node.split('.')[0]) >= 24
const program = (folder) => join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const besideUs = () => {
  try {
    return program(dirname(createRequire(join(root, 'package.json')).resolve('node/package.json')))
  } catch {
    return ''
  }
}
const inCache = () => {
  const folder = join(process.env['GAUNTLET_CACHE'] || envPaths('gauntlet', { suffix: '' }).cache, `node-${NODE}`)
  const found = program(join(folder, 'node_modules', 'node'))
  if (existsSync(found) || process.env['GAUNTLET_OFFLINE']) return found
  console.error(`gauntlet: Node 24 or later is needed, this is ${process.versions.node}; npm fetches node@${NODE} into ${folder}, once …`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `node@${NODE}`], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' })
  return found
}

const node = newEnough() ? process.execPath : existsSync(besideUs()) ? besideUs() : existsSync(inCache()) ? inCache() : undefined
if (node === undefined) {
  console.error(`gauntlet: Node 24 or later is needed, this is ${process.versions.node}, and npm could not fetch one. Get it from your package manager.`)
  process.exit(2)
}
const child = spawn(node, [...entry, ...process.argv.slice(2)], { stdio: 'inherit' })
// The terminal sends Ctrl-C to both; the child heals and reports first, and its exit code is ours.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => name === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(name))
child.on('error', (error) => {
  console.error(`gauntlet: ${node} could not be started: ${error.message}`)
  process.exit(3)
})
// 1 is the exit code of a finding; a command that was killed found nothing.
child.on('exit', (code, signal) => process.exit(signal === 'SIGINT' ? 130 : (code ?? 3)))

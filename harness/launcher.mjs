#!/usr/bin/env node
// The `gauntlet` command. Runs on any Node from 18 on and hands over to Node 24 or later, which the suite needs: this very
// Node if it is new enough, else the one that npm installed beside the package. Starts the built program, or the source
// where there is no build (a checkout): Node strips types, but not inside node_modules.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'harness', 'cli', 'main.ts')
const main = existsSync(source) ? source : join(root, 'dist', 'harness', 'cli', 'main.js')

const newEnough = () => Number(process.versions.node.split('.')[0]) >= 24
const besideUs = () => {
  try {
    return join(dirname(createRequire(join(root, 'package.json')).resolve('node/package.json')), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch {
    return undefined
  }
}

const node = newEnough() ? process.execPath : besideUs()
if (node === undefined || !existsSync(node)) {
  console.error(`gauntlet: Node 24 or later is needed, this is ${process.versions.node}. Get it from your package manager, or: npm install node@24`)
  process.exit(2)
}
const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
// The terminal sends Ctrl-C to both; the child heals and reports first, and its exit code is ours.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => name === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(name))
child.on('error', (error) => {
  console.error(`gauntlet: ${node} could not be started: ${error.message}`)
  process.exit(3)
})
// 1 is the exit code of a finding; a command that was killed found nothing.
child.on('exit', (code, signal) => process.exit(signal === 'SIGINT' ? 130 : (code ?? 3)))

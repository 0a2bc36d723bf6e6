// Runs before every npm script, on whatever Node the machine has (20 is enough): installs the dependencies, our own
// Node among them, when the lock file and node_modules disagree. npm leaves a copy of what it installed in
// node_modules/.package-lock.json; ours is a hash beside it, because npm rewrites its own file in another shape.
import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..')
const stamp = join(root, 'node_modules', '.gauntlet-lock-hash')
const wanted = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  const started = Date.now()
  console.log('gauntlet: installing dependencies (once per lock file) …')
  // Not `npm ci`: it refuses a lock file that lacks an optional package of another platform, and mirrors do lack some.
  // All versions are exact, so `install --no-save` brings the same and leaves the lock file alone.
  const { status, error } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    console.error(`gauntlet: npm install failed (${error?.message ?? `exit ${status}`}). Run it by hand in ${root} to see why.`)
    process.exit(3)
  }
  writeFileSync(stamp, wanted)
  console.log(`gauntlet: dependencies installed in ${Math.round((Date.now() - started) / 1000)} s`)
}

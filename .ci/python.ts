// Puts the Python packages of the tests into a virtual environment in the tool cache, once per requirements: node .ci/python.ts
import { spawnSync } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { environment, installed, isInstalled, ownPython, python, requirements } from '../gateway/test-python.ts'

function run(command: string, ...args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}`)
}

if (ownPython === undefined && !isInstalled()) {
  rmSync(environment, { recursive: true, force: true })
  run('python3', '-m', 'venv', environment)
  run(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements)
  copyFileSync(requirements, installed)
}

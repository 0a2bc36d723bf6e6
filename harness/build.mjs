// Builds dist/ for the package: the compiled program, and beside it what it reads at run time as it is (k6 takes
// TypeScript itself, and cannot reach into a bundle). A checkout runs the source and needs no build.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')

rmSync(join(root, 'dist'), { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'harness', 'config', 'tsconfig.build.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
cpSync(join(root, 'harness', 'slo', 'k6'), join(root, 'dist', 'harness', 'slo', 'k6'), { recursive: true, filter: (path) => !/\.test\.ts$|tsconfig\.json$/.test(path) })

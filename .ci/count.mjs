// Reads vitest's JSON and ends with the line "N passed, N failed". A skipped test counts as failed: on a machine with
// every component, a skip is a check that silently stopped running. node count.mjs RESULTS_FILE EXIT_CODE
import { readFileSync } from 'node:fs'

const [file, exitCode] = process.argv.slice(2)
let tests = []
try {
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'))
  tests = testResults.flatMap(({ name, assertionResults }) => assertionResults.map(({ status, fullName }) => ({ status, title: `${name.replace(`${process.cwd()}/`, '')}: ${fullName}` })))
} catch (error) {
  console.log(`ci: no test results: ${error.message}`)
}
const passed = tests.filter(({ status }) => status === 'passed')
const others = tests.filter(({ status }) => status !== 'passed')
for (const { status, title } of others) console.log(`ci: ${status} ${title}`)
// A file that does not load and an unhandled error have no test of their own.
const failed = others.length || (Number(exitCode) !== 0 || passed.length === 0 ? 1 : 0)
console.log(`${passed.length} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

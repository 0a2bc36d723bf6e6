import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { controls } from './index.ts'
import { parseConfig } from './proxy/config.ts'
import { Gateway } from './proxy/server.ts'

const { values, positionals } = parseArgs({ options: { config: { type: 'string' } }, allowPositionals: true })
const [name = ''] = positionals
const control = controls.find((candidate) => candidate.name === name)

if (values.config === undefined || (control === undefined && name !== 'none')) {
  console.error(`usage: node harness/controls/serve.ts NAME --config FILE.json\nNAME is none or one of: ${controls.map((candidate) => candidate.name).join(' ')}`)
  process.exit(2)
}

const gateway = new Gateway(parseConfig(JSON.parse(readFileSync(values.config, 'utf8'))), control?.patch)
process.once('SIGTERM', () => void gateway.drain().then(() => process.exit(0)))
console.log(`${name} listens on http://127.0.0.1:${await gateway.listen()}`)

import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError, parseConfig } from './config.ts'
import type { Config } from './config.ts'
import { bufferedStdout } from './observe/log.ts'
import { tuneRuntime } from './runtime.ts'
import { createGateway } from './server.ts'

const usage = `Usage: node gateway/main.ts --config FILE.json

Runs the gateway in the foreground until SIGTERM or SIGINT, then drains and exits with 0.
Exit code 1: it could not listen. Exit code 2: bad command line or config.`

/** Prints one message and ends the process with the given code. */
function quit(code: number, message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(code)
}

function readConfig(): Config {
  let file: string | undefined
  try {
    const { values } = parseArgs({ options: { config: { type: 'string', short: 'c' }, help: { type: 'boolean', short: 'h' } } })
    if (values.help === true) {
      process.stdout.write(`${usage}\n`)
      process.exit(0)
    }
    file = values.config
  } catch (error) {
    quit(2, `${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
  }
  if (file === undefined) quit(2, `Missing --config.\n\n${usage}`)
  try {
    return parseConfig(parseFile(file))
  } catch (error) {
    if (error instanceof ConfigError) quit(2, error.message)
    throw error
  }
}

function parseFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    // A parse error of V8 quotes the text around it, and the text holds keys.
    return quit(2, error instanceof SyntaxError ? `The config ${file} is not valid JSON.` : `Cannot read the config ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const config = readConfig()
tuneRuntime()
const gateway = createGateway(config, { logTo: bufferedStdout() })

let stopping = false
async function stop(signal: NodeJS.Signals): Promise<void> {
  if (stopping) return
  stopping = true
  gateway.log.info({ signal }, 'draining')
  const cut = await gateway.drain()
  gateway.log.info({ cut }, 'drained')
  process.exit(0)
}
process.on('SIGTERM', (signal) => void stop(signal))
process.on('SIGINT', (signal) => void stop(signal))

try {
  await gateway.listen({ host: config.host, port: config.port })
} catch (error) {
  quit(1, `Cannot listen: ${error instanceof Error ? error.message : String(error)}`)
}

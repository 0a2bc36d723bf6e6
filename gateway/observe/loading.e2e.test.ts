import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { ConfigInput } from '../config.ts'
import { testConfig } from '../test-support.ts'

/** Packages that a gateway with this config has loaded once it is ready. */
async function loaded(overrides: Partial<ConfigInput>): Promise<string> {
  const config = testConfig(['http://127.0.0.1:1/v1'], overrides)
  const program = `
    import { registerHooks } from 'node:module'
    const urls = new Set()
    registerHooks({ load(url, context, next) { urls.add(url); return next(url, context) } })
    const { createGateway } = await import(${JSON.stringify(new URL('../server.ts', import.meta.url).href)})
    const app = createGateway(${JSON.stringify(config)})
    await app.ready()
    await app.close()
    console.log([...urls].join('\\n'))
    process.exit(0)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { maxBuffer: 10_000_000 })
  return stdout
}

test('what is off is not even loaded', async () => {
  const off = await loaded({})
  expect(off).toContain('fastify')
  for (const part of ['prom-client', '@opentelemetry', 'openapi/document']) expect(off).not.toContain(part)
  const on = await loaded({ metrics: {}, tracing: { endpoint: 'http://127.0.0.1:1' }, docs: true })
  for (const part of ['prom-client', '@opentelemetry/sdk-trace', 'openapi/document']) expect(on).toContain(part)
})

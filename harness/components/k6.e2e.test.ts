import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ownContainers, tempFolder, whyNotHere } from './fixture.ts'
import { k6Binary, runK6 } from './k6.ts'
import { isMissing } from './types.ts'

const SCRIPT = `
import http from 'k6/http'
export const options = { vus: 2, duration: __ENV.DURATION, thresholds: { http_req_failed: ['rate<' + __ENV.MAX_FAILED] } }
export default function () { http.get(__ENV.TARGET) }
export function handleSummary(data) { return { 'summary.json': JSON.stringify(data.metrics.http_reqs.values) } }`

afterEach(async () => expect(await ownContainers()).toEqual([]))

describe.each(['binary', 'container'] as const)('k6 by %s', (provider) => {
  test('runs a script against our loopback, answers its exit code and writes its summary', async (ctx) => {
    const reason = await whyNotHere('k6', provider)
    ctx.skip(reason !== undefined, reason)
    const cwd = tempFolder('k6-e2e')
    writeFileSync(join(cwd, 'script.js'), SCRIPT)
    const logFile = join(cwd, 'k6.log')
    let requests = 0
    await using server = createServer((_, response) => response.writeHead(++requests % 2 ? 200 : 500).end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const k6 = await k6Binary({ settings: { provider } })
    if (isMissing(k6)) throw new Error(k6.reason)
    expect(k6.found).toMatchObject({ provider, version: expect.stringMatching(/^[12]\./) })

    const env = { TARGET: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, DURATION: '1s' }
    expect(await runK6(k6, ['run', '--quiet', 'script.js'], { cwd, logFile, env: { ...env, MAX_FAILED: '0.9' } })).toEqual({ code: 0 })
    const { count } = JSON.parse(readFileSync(join(cwd, 'summary.json'), 'utf8')) as { count: number }
    expect(count).toBe(requests)
    expect(await runK6(k6, ['run', '--quiet', 'script.js'], { cwd, logFile, env: { ...env, MAX_FAILED: '0.1' } })).toEqual({ code: 99 })
    expect(readFileSync(logFile, 'utf8')).toContain('http_req_failed')

    const aborted = join(cwd, 'aborted.log')
    const signal = AbortSignal.timeout(1500)
    expect(await runK6(k6, ['run', '--quiet', 'script.js'], { cwd, logFile: aborted, signal, env: { ...env, DURATION: '60s', MAX_FAILED: '0.9' } })).toEqual({ code: 105 })
    expect(existsSync(aborted)).toBe(true)
  })
})

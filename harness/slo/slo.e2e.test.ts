import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isMissing, k6Binary } from '../components/index.ts'
import { k6Runner, runSlo, SloReport, sloExitCode, type K6Runner } from './index.ts'

// A gate never seen to block is decoration: real k6 against gateways that are broken in ways k6 itself lets pass.
const found = await k6Binary()
const missing = isMissing(found) ? found.reason : undefined

const profile = {
  id: 'e2e', title: 'Short load', executor: 'constant-arrival-rate', rate: 40, durationMs: 4000, timeoutMs: 900, gracefulStopMs: 2000,
  streamShare: 0.5, maxTokens: 8, probeRate: 5, connections: 'per-request',
} as const
// Scaled to 160 requests: 98 % takes 149 without a failure.
const objectives = [
  { id: 'availability', title: 'Requests answered properly', sli: 'availability', atLeast: 0.98 },
  { id: 'latency', title: 'Answered within 500 ms', sli: 'latency', share: 0.9, withinMs: 500 },
  { id: 'errors', title: 'Errors outside policy', sli: 'errors', atMost: 0.03 },
] as const

const WORDS = ['the ', 'sun ', 'is ', 'out ', 'today']
const content = (word: string): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: word } }] })}\n\n`
const STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
const json = (response: ServerResponse, status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** Answers as a gateway should, word by word when asked for a stream. */
async function healthy(body: string, response: ServerResponse): Promise<void> {
  if (!(JSON.parse(body) as { stream: boolean }).stream) return json(response, 200, { choices: [{ index: 0, message: { role: 'assistant', content: WORDS.join('') }, finish_reason: 'stop' }] })
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const word of WORDS) {
    response.write(content(word))
    await sleep(8)
  }
  response.end(`${STOP}data: [DONE]\n\n`)
}

let outDir = ''
beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'gauntlet-slo-'))
})
afterAll(() => rm(outDir, { recursive: true, force: true }))

type Gateway = (body: string, response: ServerResponse, index: number) => unknown
interface Changes {
  k6?: K6Runner
  signal?: AbortSignal
  journal?: boolean
}

async function slo(gateway: Gateway, { k6, signal, journal = true }: Changes = {}): Promise<SloReport> {
  const arrivals: { nonce: string; t: number }[] = []
  let index = 0
  const listener: RequestListener = (request, response) => {
    void text(request).then((body) => {
      const nonce = /\[gauntlet:([^\]]+)\]/.exec(body)?.[1]
      if (nonce !== undefined && journal) arrivals.push({ nonce, t: performance.now() })
      index += 1
      return gateway(body, response, index)
    })
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    if (isMissing(found)) throw new Error(found.reason)
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    return await runSlo({
      baseURL, headers: { authorization: 'Bearer sk-not-to-be-written' }, model: 'm', profile, objectives, k6: k6 ?? k6Runner(found), upstreamLog: () => arrivals, outDir, seed: 7,
      signal: signal ?? new AbortController().signal, onProgress: () => undefined,
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const verdicts = (report: SloReport) => report.objectives.map(({ verdict }) => verdict)

describe.skipIf(missing !== undefined)(`real k6${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  it('passes a healthy gateway, and leaves no secret behind', async () => {
    const report = await slo(healthy)
    expect([report.verdict, sloExitCode(report), report.why]).toEqual(['PASS', 0, []])
    expect(report.ledger).toMatchObject({ scheduled: 160, policy: 0, error: 0, timeout: 0, dropped: 0, interrupted: 0, closes: true, k6Exit: 0 })
    expect(report.upstream).toMatchObject({ perRequest: 1, answeredWithoutArrival: 0 })
    expect(report.streams).toMatchObject({ n: 20, complete: 20, truncated: 0, buffered: 0 })
    expect(report.streams.ttftContentMs.p50).toBeLessThan(report.streams.totalMs.p50 ?? 0)
    expect(SloReport.parse(JSON.parse(await readFile(join(outDir, 'slo-report.json'), 'utf8')))).toEqual(report)
    for (const file of ['slo-report.json', 'streams.jsonl', 'k6.log']) expect(await readFile(join(outDir, file), 'utf8')).not.toContain('sk-not-to-be-written')
  })

  it('fails a gateway that errs in one of twenty', async () => {
    const report = await slo((body, response, i) => (i % 20 === 0 ? json(response, 502, { error: { message: 'bad gateway' } }) : healthy(body, response)))
    expect([report.verdict, sloExitCode(report)]).toEqual(['FAIL', 1])
    expect(report.failures[0]?.reason).toBe('http-502')
  })

  it('fails a gateway that hangs, although k6 exits 0', async () => {
    const report = await slo(() => undefined)
    expect(report.ledger).toMatchObject({ k6Exit: 0, ok: 0, closes: true })
    expect(report.ledger.timeout).toBeGreaterThanOrEqual(160)
    expect([verdicts(report), sloExitCode(report)]).toEqual([['FAIL', 'FAIL', 'FAIL'], 1])
  })

  it('fails a gateway that drips bytes and never ends', async () => {
    const report = await slo((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const drip = setInterval(() => response.write(': still here\n\n'), 100)
      response.once('close', () => clearInterval(drip))
    })
    expect(report.ledger.ok).toBe(0)
    expect([verdicts(report), sloExitCode(report)]).toEqual([['FAIL', 'FAIL', 'FAIL'], 1])
  })

  it('fails a gateway that cuts streams, cleanly or not', async () => {
    const report = await slo((body, response, i) => {
      if (!body.includes('"stream":true')) return healthy(body, response)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(content('the '))
      return i % 2 === 0 ? response.end() : setTimeout(() => response.destroy(), 10)
    })
    expect([report.verdict, sloExitCode(report)]).toEqual(['FAIL', 1])
    expect(report.failures.map(({ reason }) => reason)).toContain('no-done')
    expect(report.streams).toMatchObject({ complete: 0, failed: 0 })
    expect(report.streams.truncated).toBe(report.streams.n)
  })

  it('fails a gateway that answers 200 with nothing in it', async () => {
    expect(await slo((_, response) => json(response, 200, {}))).toMatchObject({ verdict: 'FAIL', failures: [{ reason: 'no-choices' }] })
  })

  it('has no data on a gateway that refuses everything by policy', async () => {
    const report = await slo((_, response) => json(response, 429, { error: { type: 'rate_limit_exceeded' } }))
    expect([report.verdict, sloExitCode(report)]).toEqual(['NO_DATA', 4])
  })

  it('does not pass a gateway whose answers never came from the upstream', async () => {
    const report = await slo(healthy, { journal: false })
    expect([report.verdict, sloExitCode(report)]).toEqual(['INCONCLUSIVE', 4])
  })

  it('notes a gateway that buffers streams', async () => {
    const report = await slo(async (body, response) => {
      await sleep(60)
      if (!body.includes('"stream":true')) return healthy(body, response)
      return response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`${WORDS.map(content).join('')}${STOP}data: [DONE]\n\n`)
    })
    expect(report.verdict).toBe('PASS')
    expect(report.streams.buffered).toBeGreaterThan(report.streams.n * 0.8)
  })

  it('is a harness error when it is stopped, and still reports', async () => {
    const report = await slo(healthy, { signal: AbortSignal.timeout(1500) })
    expect([report.verdict, sloExitCode(report)]).toEqual(['HARNESS_ERROR', 3])
    expect(report.why[0]).toBe('the run was stopped before its end')
  })
})

it('is a harness error when k6 does nothing and exits 0', async () => {
  const idle: K6Runner = { run: () => Promise.resolve({ exitCode: 0, version: '0' }) }
  const options = { baseURL: 'http://127.0.0.1:9/v1', headers: {}, model: 'm', profile: { ...profile, durationMs: 1000 }, objectives, k6: idle, outDir, seed: 7 }
  const report = await runSlo({ ...options, signal: new AbortController().signal, onProgress: () => undefined })
  expect([report.verdict, sloExitCode(report)]).toEqual(['HARNESS_ERROR', 3])
})

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { adminKey, adminSettings } from '../../authenticate/test-admin.ts'
import { vectors } from '../../jobs/test-jobs.ts'
import { redisMissing, startRedis } from '../../stores/test-redis.ts'
import { python, pythonMissing } from '../../test-python.ts'
import { answerJson, answerStream, callerKey, chunk, completion, fakeUpstream, sse, startGateway, testConfig } from '../../test-support.ts'
import type { Handler, Overrides } from '../../test-support.ts'

const settings = fileURLToPath(new URL('schemathesis.toml', import.meta.url))
const most = 60_000

interface Report {
  readonly exit_code: number
  readonly stop_reason: string
  readonly operations: { readonly selected: number; readonly tested: number }
  readonly phases: Readonly<Record<string, { readonly status: string }>>
  readonly failures: readonly unknown[]
  readonly errors: readonly unknown[]
  readonly warnings: Readonly<Record<string, readonly unknown[]>>
  /** How many requests were accepted, by operation and phase. */
  readonly valid_rates: Readonly<Record<string, Readonly<Record<string, { readonly accepted: number }>>>>
}

const well: Handler = (response, { request, body }) => {
  if (request.url === '/v1/embeddings') answerJson(response, vectors)
  else if ((JSON.parse(body) as { stream?: unknown }).stream === true) answerStream(response, sse(chunk({ role: 'assistant', content: 'hi' }), chunk({}, 'stop'), '[DONE]')).end()
  else answerJson(response, completion('hi'))
}

/** Lets schemathesis loose on the operations of a live gateway whose paths match; with its report, and with what it printed. */
async function attack(overrides: Overrides, paths: string, key = callerKey): Promise<{ report: Report; text: string }> {
  await using up = await fakeUpstream(well)
  await using gw = await startGateway(testConfig([up.baseURL], { docs: true, ...overrides }))
  // It leaves files where it runs.
  const folder = await mkdtemp(join(tmpdir(), 'gateway-schemathesis-'))
  try {
    const file = join(folder, 'report.json')
    const args = ['-m', 'schemathesis.cli', '--config-file', settings, '--no-color', 'run', `${gw.url}/openapi.json`, '--header', `Authorization: Bearer ${key}`, '--include-path-regex', paths, '--report-json-path', file]
    const text = await new Promise<string>((resolve, reject) => {
      execFile(python, args, { cwd: folder, timeout: most, maxBuffer: 10_000_000 }, (error, stdout, stderr) => {
        // What it found is in its report; a run that was stopped has none that is whole.
        if (error?.killed === true) reject(new Error(`schemathesis was not done after ${most} ms:\n${stdout}${stderr}`))
        else resolve(stdout + stderr)
      })
    })
    return { report: JSON.parse(await readFile(file, 'utf8').catch(() => expect.fail(text))) as Report, text }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Nothing was found, and there was something to find: every operation was asked, and said yes to something. */
function expectNothing({ report, text }: Awaited<ReturnType<typeof attack>>, operations: number): void {
  expect(report, text).toMatchObject({ exit_code: 0, stop_reason: 'completed', failures: [], errors: [], operations: { selected: operations, tested: operations } })
  expect(Object.values(report.phases).map(({ status }) => status), text).toEqual(['success', 'success', 'success', 'success'])
  // The settings name operations that are only in some of the documents.
  const { unmatched_filter: _unmatched, ...warnings } = report.warnings
  expect(Object.values(warnings).flat(), text).toEqual([])
  expect(Object.keys(report.valid_rates)).toHaveLength(operations)
  for (const [operation, phases] of Object.entries(report.valid_rates)) expect(Object.values(phases).reduce((sum, { accepted }) => sum + accepted, 0), operation).toBeGreaterThan(0)
}

const amply = { algorithm: 'token-bucket', capacity: 100_000, refillPerSecond: 1 } as const
const why = (missing: string | undefined): string => (missing === undefined ? '' : ` (${missing})`)

test.skipIf(pythonMissing !== undefined)(`schemathesis finds nothing${why(pythonMissing)}`, async () => {
  expectNothing(await attack({ metrics: {}, rateLimits: { routes: { chat: amply, embeddings: amply, models: amply } } }, '^/(?!admin)'), 9)
})

test.skipIf(pythonMissing !== undefined)(`schemathesis finds nothing where errors are problem+json${why(pythonMissing)}`, async () => {
  expectNothing(await attack({ errors: 'problem+json' }, '^/v1/(?!chat)'), 3)
})

test.skipIf(pythonMissing !== undefined)(`schemathesis finds nothing in key management${why(pythonMissing)}`, async () => {
  expectNothing(await attack({ admin: adminSettings }, '^/admin', adminKey), 4)
})

const skipped = pythonMissing ?? redisMissing
test.skipIf(skipped !== undefined)(`schemathesis finds nothing in jobs${why(skipped)}`, async () => {
  await using redis = await startRedis()
  expectNothing(await attack({ jobs: {}, redis: { url: redis.url, commandMs: 1_000 } }, '^/v1/jobs'), 4)
})

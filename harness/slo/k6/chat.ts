// k6 script: sends chat completions at an even rate and writes two points per request, one when it starts and one when
// it ended. It judges nothing: no thresholds, no checks. A request that k6 interrupts leaves only its first point, which
// is how the ledger finds it. Settings and secrets come by environment, because k6 copies the script into its outputs.
import exec from 'k6/execution'
import http from 'k6/http'
import { Counter, Trend } from 'k6/metrics'
import { classify } from './classify.ts'

const setting = (name: string): string => {
  const value = __ENV[`GAUNTLET_SLO_${name}`]
  if (value === undefined || value === '') throw new Error(`GAUNTLET_SLO_${name} is not set. Please start this script through \`gauntlet slo\``)
  return value
}
const number = (name: string): number => Number(setting(name))

const url = `${setting('BASE_URL')}/chat/completions`
const own = JSON.parse(setting('HEADERS')) as Record<string, string>
const model = setting('MODEL')
const seed = number('SEED')
const run = setting('RUN')
const streamShare = number('STREAM_SHARE')
const maxTokens = number('MAX_TOKENS')
const timeoutMs = number('TIMEOUT_MS')
const vus = number('VUS')

const started = new Counter('gauntlet_started')
const ended = new Trend('gauntlet_ended', true)

export const options = {
  scenarios: {
    chat: {
      executor: 'constant-arrival-rate',
      rate: number('RATE'),
      timeUnit: '1s',
      duration: `${number('DURATION_MS')}ms`,
      gracefulStop: `${number('GRACEFUL_STOP_MS')}ms`,
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
  // An arrival stands for a caller of its own. Reuse would also race the idle timeout of the target's keep-alive.
  noConnectionReuse: setting('CONNECTIONS') === 'per-request',
  insecureSkipTLSVerify: false,
  userAgent: `gauntlet/slo-${setting('PROFILE')}`,
}

// Which statuses are a policy's is decided in classify.ts, not by k6.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 599 }))

export default function chat(): void {
  const index = exec.scenario.iterationInTest
  const nonce = `slo-${run}-${index}`
  const stream = share(index) < streamShare
  // Metadata, not a tag: a tag with a value per request would make a time series per request in k6's memory.
  exec.vu.metrics.metadata['nonce'] = nonce
  const kind = stream ? 'stream' : 'json'
  started.add(1, { kind })
  const body = JSON.stringify({
    model,
    stream,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: `[gauntlet:${nonce}] Tell me about the weather.` }],
  })
  const before = Date.now()
  const response = http.post(url, body, {
    headers: { ...own, 'content-type': 'application/json', 'x-request-id': nonce },
    timeout: timeoutMs,
    responseType: 'text',
    redirects: 0,
  })
  const wallMs = Date.now() - before
  const { blocked, connecting, tls_handshaking, duration } = response.timings
  const text = typeof response.body === 'string' ? response.body : ''
  // 1050 is k6's code for its request timeout; it reports other codes when the body was under way.
  const timedOut = response.error_code === 1050 || (response.error_code !== 0 && wallMs >= timeoutMs)
  const judged = timedOut ? { outcome: 'timeout', reason: 'timeout' } : classify({ status: response.status, body: text, transport: response.error }, stream)
  const reason = judged.reason === 'transport' ? `transport-${response.error_code}` : judged.reason
  const ms = timedOut ? wallMs : blocked + connecting + tls_handshaking + duration
  ended.add(ms, { kind, outcome: judged.outcome, reason, status: String(response.status) })
}

/** Evenly spread over [0, 1), the same for the same seed and index. */
function share(index: number): number {
  let x = (Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32
}

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import type { Usage } from '../check/usage.ts'
import type { Config } from '../config.ts'
import { operationOf, providerOf } from './conventions.ts'
import { showHistogram } from './histogram.ts'
import type { Metrics, MetricsConfig } from './metrics.ts'
import type { Ended } from './requests.ts'

// The boundaries that the OpenTelemetry conventions prescribe.
const httpSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const operationSeconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]
const firstTokenSeconds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const tokens = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864]

/** Keys can be created at any time; the number of their series stays bounded. */
const maxKeys = 1_000

/** Adds to the number with these labels. */
type Count = (count: number, ...labels: Parameters<OfLabels<unknown>>) => void

const separator = '\0'

let ofProcess: Registry | undefined

/** Memory, CPU and event loop are the process's, however many gateways it runs; their collectors cannot be taken back. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

/** Makes the metrics of one gateway. */
export function createMetrics(config: Pick<Config, 'upstreams' | 'models' | 'auto'>, { perKey }: MetricsConfig): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const counter = (name: string, help: string, ...labelNames: string[]): Count => {
    const counts: { readonly values: readonly string[]; count: number }[] = []
    // Added up in plain numbers and handed over at a scrape: the library checks and hashes the labels at each call.
    const metric: Counter = new Counter({ name, help, labelNames, registers, collect: () => {
      for (const one of counts) {
        metric.labels(...one.values).inc(one.count)
        one.count = 0
      }
    } })
    const counted = resolved((...values) => {
      const one = { values, count: 0 }
      counts.push(one)
      return one
    })
    return (count, first, second, third, fourth) => {
      counted(first, second, third, fourth).count += count
    }
  }
  const histogram = (name: string, help: string, buckets: number[], ...labelNames: string[]) => resolved(showHistogram(registry, name, help, buckets, labelNames))

  let inFlight = 0
  const requests = counter('gateway_requests_total', 'Requests of callers by how they ended; error is an id of the README, empty without one', 'route', 'status', 'error')
  const jobs = counter('gateway_jobs_total', 'Jobs that workers have ended; error is an id of the README, empty without one', 'route', 'error')
  const http = histogram('http_server_request_duration_seconds', 'Requests from their head to the end of the answer', httpSeconds, 'http_request_method', 'http_route', 'http_response_status_code')
  const served = histogram('gen_ai_server_request_duration_seconds', 'Completion requests as callers see them: queue, retries and fallback included', operationSeconds, 'gen_ai_operation_name', 'gen_ai_request_model', 'error_type')
  const firstToken = histogram('gen_ai_server_time_to_first_token_seconds', 'Streams from the request to the first event', firstTokenSeconds, 'gen_ai_operation_name', 'gen_ai_request_model')
  const tokenUsage = histogram('gen_ai_client_token_usage', 'Tokens of one request', tokens, 'gen_ai_operation_name', 'gen_ai_request_model', 'gen_ai_token_type')
  const called = histogram('gen_ai_client_operation_duration_seconds', 'Attempts at upstreams', operationSeconds, 'gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model', 'error_type')
  const attempts = counter('gateway_upstream_attempts_total', 'Attempts at upstreams by how they ended; status where the upstream refused', 'upstream', 'outcome', 'status')
  const transitions = counter('gateway_breaker_transitions_total', 'Changes of a circuit', 'upstream', 'from', 'to')
  const waited = histogram('gateway_queue_wait_seconds', 'Time a request waited for a free slot', operationSeconds)
  const cache = counter('gateway_cache_total', 'Completion requests by what the cache did', 'outcome')
  const limited = counter('gateway_rate_limited_total', 'Requests refused by a rate limit', 'route')
  const budget = counter('gateway_budget_refusals_total', 'Requests refused because a budget is spent')
  const degraded = counter('gateway_degraded_total', 'Steps taken on the degradation ladder', 'step')
  const redactions = counter('gateway_redactions_total', 'Parts of answers that were taken out', 'kind')
  const cost = counter('gateway_cost_total', 'Cost of answers, in the currency of the configured prices', 'model')
  const keyTokens = perKey ? counter('gateway_key_tokens_total', 'Tokens of each key', 'key', 'type') : undefined
  const keyCost = perKey ? counter('gateway_key_cost_total', 'Cost of each key', 'key') : undefined

  const models = new Set([...Object.keys(config.models), ...(config.auto === false ? [] : [config.auto.name])])
  const keys = new Set<string>()
  const keyLabel = (id: string): string => {
    if (keys.size < maxKeys) keys.add(id)
    return keys.has(id) ? id : 'other'
  }

  function gauge(name: string, help: string, collect: () => number | Iterable<readonly [string, number]>, label?: string): void {
    const metric: Gauge = new Gauge({ name, help, labelNames: label === undefined ? [] : [label], registers, collect: () => {
      const now = collect()
      if (typeof now === 'number') metric.set(now)
      else for (const [value, number] of now) metric.labels(value).set(number)
    } })
  }
  gauge('gateway_requests_in_flight', 'Requests of callers that are not over', () => inFlight)

  function completed({ trace, route, durationMs, error = '' }: Ended): void {
    if (error === 'GW_ERR_BUDGET_SPENT') budget(1)
    const { model, usage } = trace
    if (model === undefined || !models.has(model)) return
    const operation = operationOf(route)
    served(operation, model, error).observe(durationMs / 1_000)
    if (trace.stream && trace.firstByteMs !== undefined) firstToken(operation, model).observe(trace.firstByteMs / 1_000)
    if (trace.queuedMs !== undefined) waited().observe(trace.queuedMs / 1_000)
    if (trace.cache !== undefined) cache(1, trace.cache)
    for (const step of trace.degraded) degraded(1, step)
    for (const [kind, count] of Object.entries(trace.redacted ?? {})) redactions(count, kind)
    const { caller } = trace
    if (usage !== undefined) {
      tokenUsage(operation, model, 'input').observe(usage.prompt)
      tokenUsage(operation, model, 'output').observe(usage.completion)
      countTokens(usage, caller)
    }
    countCost(trace.cost, model, caller)
    for (const call of trace.overhead ?? []) {
      tokenUsage('embeddings', call.model, 'input').observe(call.usage.prompt)
      countTokens(call.usage, caller)
      countCost(call.cost, call.model, caller)
    }
  }

  function countTokens(usage: Usage, caller: string | undefined): void {
    if (keyTokens === undefined || caller === undefined) return
    const key = keyLabel(caller)
    keyTokens(usage.prompt, key, 'input')
    keyTokens(usage.completion, key, 'output')
  }

  function countCost(amount: number | undefined, model: string, caller: string | undefined): void {
    if (amount === undefined) return
    cost(amount, model)
    if (caller !== undefined) keyCost?.(amount, keyLabel(caller))
  }

  return {
    begun: () => {
      inFlight++
    },
    ended(ended) {
      const { request, route, status, durationMs, error = '' } = ended
      inFlight--
      requests(1, route, String(status), error)
      http(request.method, route, String(status)).observe(durationMs / 1_000)
      if (error === 'GW_ERR_RATE_LIMITED') limited(1, route)
      completed(ended)
    },
    jobEnded(ended) {
      jobs(1, ended.route, ended.error ?? '')
      completed(ended)
    },
    attempts: {
      begin: ({ upstream, model, call }) => ({
        end: ({ outcome, status, durationMs }) => {
          attempts(1, upstream, outcome, status === undefined ? '' : String(status))
          called(operationOf(call.path), providerOf(config.upstreams[upstream]?.engine), model, outcome === 'ok' ? '' : outcome).observe(durationMs / 1_000)
        },
      }),
    },
    transition: (upstream, from, to) => transitions(1, upstream, from, to),
    gauge,
    expose: async () => (await registry.metrics()) + (await processRegistry().metrics()),
  }
}

/** How many children are told by looking at their labels, before a key is made of them. */
const looked = 4

/** As many labels as a metric has here at most; one that has fewer leaves the last out. Each by itself and not as a list: that would be one more list for each of a dozen numbers of each request. */
type OfLabels<T> = (first?: string, second?: string, third?: string, fourth?: string) => T

/** Makes each child once. */
function resolved<T>(make: (...values: string[]) => T): OfLabels<T> {
  const made = new Map<string, T>()
  // Most requests are like one of the last; a key for the map would be made and hashed a dozen times for each.
  const latest: { readonly first: string | undefined; readonly second: string | undefined; readonly third: string | undefined; readonly fourth: string | undefined; readonly child: T }[] = []
  let oldest = 0
  return (first, second, third, fourth) => {
    for (const one of latest) if (one.first === first && one.second === second && one.third === third && one.fourth === fourth) return one.child
    const values = [first, second, third, fourth].filter((value) => value !== undefined)
    const key = values.join(separator)
    let child = made.get(key)
    if (child === undefined) {
      child = make(...values)
      made.set(key, child)
    }
    latest[oldest] = { first, second, third, fourth, child }
    oldest = (oldest + 1) % looked
    return child
  }
}

import type { Target } from '../../schemas/config.ts'

/** Scenarios, each with the check that has to fail. */
type Red = Readonly<Record<string, string>>

/** One piece of the reference gateway's config, changed while the claims stay, and what turns red of it. */
export interface Change {
  /** Paths into the config, with what is there instead. */
  readonly set: Readonly<Record<string, unknown>>
  readonly red: Red
}

const hour = 3_600_000

/** What the gateway can be told to leave out, or to do otherwise than it claims. */
export const changes: readonly Change[] = [
  {
    set: { rateLimits: false },
    red: { 'limits/burst-exact': 'limit-exact', 'limits/per-key': 'limit-reached', 'limits/headers-true': 'limit-headers', 'limits/retry-after-true': 'limit-reached', 'limits/refused-cost-nothing': 'limit-pace' },
  },
  { set: { 'redis.whenLost': 'open' }, red: { 'limits/redis-lost': 'limit-lost', 'limits/redis-slow': 'limit-lost' } },
  { set: { 'redis.required': false }, red: { 'lifecycle/ready-follows-redis': 'probe-status' } },
  { set: { breaker: false }, red: { 'breaker/opens': 'breaker-opens', 'breaker/sheds-fast': 'sheds-fast', 'breaker/half-open-herd': 'probes-at-most', 'breaker/per-upstream': 'attempts' } },
  { set: { 'breaker.cooldownMs': 2_500 }, red: { 'breaker/closes': 'answer-exact' } },
  { set: { retry: false }, red: { 'retries/500-once': 'answer-exact' } },
  { set: { 'retry.statuses': [500, 502, 503, 504] }, red: { 'retries/429-retry-after': 'answer-exact' } },
  {
    set: { timeouts: { connectMs: hour, firstByteMs: hour, idleMs: hour, totalMs: hour } },
    red: { 'timeouts/hang-before-head': 'error-envelope', 'timeouts/hang-before-stream': 'error-envelope', 'streaming/upstream-stall': 'no-silent-truncation' },
  },
  { set: { 'timeouts.firstByteMs': 500, 'timeouts.idleMs': 400 }, red: { 'timeouts/slow-head': 'answer-exact', 'timeouts/slow-first-word': 'answer-exact' } },
  { set: { 'models.gauntlet-fallback.chain': [{ upstream: 'primary', model: 'tiny' }] }, red: { 'fallback/primary-down': 'answer-exact', 'fallback/primary-hangs': 'answer-exact' } },
  { set: { 'models.gauntlet-fallback.chain': [{ upstream: 'secondary', model: 'tiny' }, { upstream: 'primary', model: 'tiny' }] }, red: { 'fallback/order': 'attempts' } },
  { set: { 'models.gauntlet-json.streaming': true }, red: { 'wire/cannot-stream': 'error-envelope' } },
  { set: { input: false }, red: { 'wire/message-too-long': 'error-envelope' } },
  { set: { output: false }, red: { 'redaction/whole': 'redacted', 'redaction/across-chunks': 'redacted' } },
  { set: { cache: false }, red: { 'cache/hit': 'attempts', 'cache/stream': 'attempts', 'cache/no-store': 'attempts', 'cache/parameters': 'attempts', 'cache/another-key': 'attempts' } },
  { set: { queue: false }, red: { 'queue/sheds': 'sheds-overload' } },
  { set: { 'stream.keepAliveMs': 0 }, red: { 'streaming/keep-alive': 'keep-alive' } },
  { set: { 'drain.deadlineMs': 0 }, red: { 'lifecycle/drain': 'answer-exact' } },
]

/**
 * What the gateway cannot be talked out of: controls that break it, by scenario. The kill matrix says that they do, and
 * is measured by a test of its own.
 */
export const controlled: Readonly<Record<string, readonly [control: string, check: string]>> = {
  'breaker/immune-to-aborts': ['abort-trips-breaker', 'answer-exact'],
  'breaker/immune-to-client-errors': ['client-error-trips-breaker', 'status-is'],
  'cache/cut-stream': ['cache-keeps-cut-streams', 'answer-exact'],
  'cache/errors': ['cache-keeps-errors', 'answer-exact'],
  'fallback/not-mid-stream': ['failover-mid-stream', 'no-silent-truncation'],
  'lifecycle/health': ['liveness-follows-upstream', 'probe-status'],
  'retries/bound': ['retry-storm-20', 'attempts'],
  'retries/closed-before-head': ['reset-on-upstream-error', 'error-envelope'],
  'retries/connection-refused': ['reset-on-upstream-error', 'error-envelope'],
  'retries/jitter': ['retry-without-jitter', 'retry-spread'],
  'retries/never-400': ['retry-400', 'attempts'],
  'streaming/chat-stream': ['drop-last-delta', 'answer-exact'],
  'streaming/chat-stream-strict': ['liar-html', 'schema'],
  'streaming/done-once': ['done-twice', 'done-once'],
  'streaming/id-constant': ['id-per-chunk', 'same-id'],
  'streaming/lock-step': ['buffer-whole-stream', 'lock-step'],
  'streaming/no-second-half': ['retry-mid-stream-silently', 'attempts'],
  'streaming/role-first': ['role-missing', 'role-first'],
  'streaming/sse-grammar': ['stream-as-json-type', 'sse-grammar'],
  'streaming/tool-calls': ['tool-index-lost', 'tools-exact'],
  'streaming/upstream-error-event': ['in-band-swallowed', 'no-silent-truncation'],
  'streaming/upstream-fin-mid-stream': ['silent-cut', 'no-silent-truncation'],
  'streaming/upstream-half-character': ['silent-cut', 'no-silent-truncation'],
  'streaming/upstream-half-event': ['silent-cut', 'no-silent-truncation'],
  'streaming/upstream-malformed-event': ['malformed-event-passed', 'sse-grammar'],
  'streaming/upstream-rst-mid-stream': ['silent-cut', 'no-silent-truncation'],
  'streaming/usage-chunk': ['usage-chunk-dropped', 'usage'],
  'streaming/utf8-split': ['split-utf8-corrupt', 'answer-exact'],
  'streaming/variance-bom': ['bom-kept', 'role-first'],
  'streaming/variance-comments': ['comment-as-data', 'sse-grammar'],
  'streaming/variance-cr': ['cr-not-parsed', 'answer-exact'],
  'streaming/variance-crlf': ['crlf-not-parsed', 'answer-exact'],
  'streaming/variance-multiline': ['multiline-first-line', 'answer-exact'],
  'streaming/variance-nospace': ['nospace-not-parsed', 'answer-exact'],
  'streaming/variance-unknown-fields': ['drop-last-delta', 'answer-exact'],
  'wire/auth-missing-key': ['accept-no-key', 'error-envelope'],
  'wire/auth-wrong-key': ['accept-any-key', 'error-envelope'],
  'wire/chat-json': ['clip-answer', 'answer-exact'],
  'wire/chat-json-strict': ['optional-fields-dropped', 'schema'],
  'wire/chat-usage': ['usage-zero', 'usage'],
  'wire/embeddings': ['embeddings-rounded', 'embeddings-exact'],
  'wire/embeddings-base64': ['embeddings-as-floats', 'embeddings-exact'],
  'wire/finish-reason': ['finish-always-stop', 'answer-exact'],
  'wire/hop-by-hop': ['forward-hop-headers', 'headers-absent'],
  'wire/malformed-json': ['forward-malformed-json', 'error-envelope'],
  'wire/missing-messages': ['forward-invalid-fields', 'error-envelope'],
  'wire/model-in-capitals': ['model-case-matters', 'answer-exact'],
  'wire/models-list': ['models-bare-array', 'schema'],
  'wire/params-faithful': ['change-temperature', 'params-faithful'],
  'wire/request-id': ['request-id-replaced', 'request-id'],
  'wire/tool-calls': ['tool-args-reparsed', 'tools-exact'],
  'wire/unknown-model': ['unknown-model-200', 'error-envelope'],
}

/** A copy of the target whose config has other values at some paths, and whose claims are the same. Throws on a path that is not there. */
export const changed = (target: Target, set: Change['set']): Target => {
  const { launch } = target
  const text = launch?.files['gateway.json']
  if (launch === undefined || text === undefined) throw new TypeError('Not the reference gateway.')
  const config = JSON.parse(text.replace('{port}', '"{port}"')) as Record<string, unknown>
  for (const [path, value] of Object.entries(set)) {
    const steps = path.split('.')
    const last = steps.pop() ?? ''
    const place = steps.reduce<unknown>((at, step) => Reflect.get(Object(at), step), config)
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, last)) throw new TypeError(`The config has no ${path}.`)
    Reflect.set(place, last, value)
  }
  return { ...target, launch: { ...launch, files: { 'gateway.json': JSON.stringify(config).replace('"{port}"', '{port}') } } }
}

import { z } from 'zod'
import { type Claims, Feature } from '../schemas/claims.ts'
import { Requirement } from '../schemas/verdict.ts'

/** A number, or one that follows a claim of the target: `{ claim: 'timeouts.idleMs', plus: 500 }`. */
export const Amount = z.union([
  z.number(),
  z.strictObject({ claim: z.string(), times: z.number().optional(), plus: z.number().optional() }),
])
export type Amount = z.infer<typeof Amount>

/**
 * What follows from the claims: `budget.head` is how long a caller may wait for an answer from one upstream that never
 * gives one, `budget.retries` how long for one that fails at once. `limit` is the rate limit of all replicas together: how
 * many requests at once, how many when each replica counts for itself, how many come back in a second, the time in which
 * one and in which all come back, and the time after which a lost store counts again and the limit is whole. `queue.room`
 * is how many requests are not turned away.
 */
const derived = (c: Claims) => ({
  ...c,
  limit: rateLimitOf(c),
  queue: { ...c.queue, room: c.queue.concurrency + c.queue.waiting },
  budget: {
    head: c.retry.onTimeout ? Math.min(c.timeouts.totalMs, (c.retry.retries + 1) * (c.timeouts.firstByteMs + c.retry.maxDelayMs)) : c.timeouts.firstByteMs,
    retries: Math.min(c.timeouts.totalMs, c.retry.retries * c.retry.maxDelayMs),
  },
})

/** The claimed rate limit of all replicas together, times in milliseconds. Replicas that do not share a count let in a burst each. */
export const rateLimitOf = ({ rateLimit }: Pick<Claims, 'rateLimit'>) => {
  const counters = rateLimit.shared ? 1 : rateLimit.counters
  const [burst, perSecond] = [rateLimit.burst * counters, rateLimit.perSecond * counters]
  const refillMs = Math.ceil((1000 * burst) / perSecond)
  return { burst, apart: rateLimit.burst * rateLimit.counters, perSecond, tokenMs: 1000 / perSecond, refillMs, backMs: Math.max(rateLimit.backWithinMs, refillMs) }
}

/** The number behind an amount for one target. Throws on a claim that does not exist: a misspelt one must not read as 0. */
export const resolveAmount = (amount: Amount, claims: Claims): number => {
  if (typeof amount === 'number') return amount
  const value = amount.claim.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), derived(claims))
  if (typeof value !== 'number') throw new TypeError(`No claim is called ${JSON.stringify(amount.claim)}.`)
  return value * (amount.times ?? 1) + (amount.plus ?? 0)
}

/** `capitals` is the chat model, its name in upper case. */
const ModelRole = z.enum(['chat', 'fallback', 'embeddings', 'unknown', 'jsonOnly', 'capitals'])

const Send = z.strictObject({
  do: z.literal('send'),
  label: z.string().default('request').describe('faults and checks can name it'),
  requests: Amount.default(1),
  concurrency: Amount.default(1),
  everyMs: Amount.optional().describe('requests begin so far apart, as long as no more than `concurrency` are open'),
  to: z.enum(['chat', 'embeddings', 'models']).default('chat'),
  stream: z.boolean().default(false),
  model: ModelRole.optional(),
  body: z.record(z.string(), z.unknown()).default({}).describe('added to the request body'),
  same: z.string().optional().describe('asks what the first request with this label asked: with its text, under an id of its own'),
  chars: Amount.optional().describe('the message is filled up to this length'),
  headers: z.record(z.string(), z.string()).default({}).describe('sent besides the usual ones; an empty one is left out'),
  raw: z.string().optional().describe('sent as it is instead of a JSON body; {nonce} is replaced'),
  auth: z.enum(['key', 'limited', 'none', 'wrong', 'x-api-key']).default('key'),
  abort: z.union([z.strictObject({ afterEvents: z.number().int() }), z.strictObject({ whenUpstream: z.enum(['asked', 'failed']) })]).optional(),
  background: z.boolean().default(false).describe('do not wait; `join` does'),
  untilEvents: z.number().int().optional().describe('with background: go on once every stream has shown this many events'),
})

/** As long as the last answer to a request with this label asked for in Retry-After, up to a bound; the bound where none did. */
const RetryAfterOf = z.strictObject({ retryAfterOf: z.string(), atMost: Amount })
export type RetryAfterOf = z.infer<typeof RetryAfterOf>

export const Step = z.discriminatedUnion('do', [
  Send,
  z.strictObject({ do: z.literal('wait'), for: z.union([Amount, RetryAfterOf]) }),
  z.strictObject({ do: z.literal('heal') }),
  z.strictObject({ do: z.literal('signal'), signal: z.enum(['SIGTERM']) }),
  z.strictObject({ do: z.literal('probe'), what: z.enum(['live', 'ready']), label: z.string(), until: z.number().int().optional().describe('ask until this status, within a bound') }),
  z.strictObject({ do: z.literal('join') }),
  z.strictObject({ do: z.literal('exit') }),
])
export type Step = z.infer<typeof Step>
export type SendStep = Extract<Step, { do: 'send' }>
export type StepInput = z.input<typeof Step>
export type SendInput = Omit<z.input<typeof Send>, 'do'>

/** A fault as data: its kind, the lane it is on, and its parameters. */
export const FaultData = z.looseObject({ kind: z.string(), lane: z.enum(['primary', 'secondary', 'client', 'redis']).default('primary') })
export type FaultData = z.infer<typeof FaultData>

/** A check as data: its name in the index and its parameters. */
export const CheckData = z.strictObject({ check: z.string(), params: z.record(z.string(), z.unknown()) })
export type CheckData = z.infer<typeof CheckData>

export const FaultAt = z.strictObject({ fault: FaultData, labels: z.array(z.string()).optional().describe('only for requests with these labels') })

export const Scenario = z.strictObject({
  title: z.string(),
  requirement: Requirement,
  features: z.array(Feature).min(1),
  needs: z.array(z.enum(['toxiproxy', 'redis', 'launch'])).default([]),
  faults: z.array(FaultAt).default([]),
  traffic: z.union([Send.omit({ do: true }), z.array(Step).min(1)]),
  checks: z.array(CheckData).min(1),
  upstream: z.enum(['script', 'model']).default('script').describe('model: a language model answers, Ollama where there is one'),
  race: z.string().optional().describe('why which request meets which answer is not decided by the seed; keeps it out of the transcript hash'),
  exclusive: z.boolean().default(false).describe('heavy: runs with nothing beside it'),
  aliases: z.array(z.string()).default([]),
})
export type Scenario = z.infer<typeof Scenario>
export type ScenarioInput = Omit<z.input<typeof Scenario>, 'traffic'> & { traffic: SendInput | StepInput[] }

/** A scenario with its id, as it is stored beside its evidence. */
export const ScenarioDocument = Scenario.extend({ id: z.string(), seed: z.number().int(), salt: z.string().default('').describe('part of every nonce, of this execution alone') })
export type ScenarioDocument = z.infer<typeof ScenarioDocument>

/** Declares one scenario. It is parsed at once, so a misspelt field fails when the file is loaded. */
export const defineScenario = (input: ScenarioInput): Scenario => Scenario.parse(input)

/** The steps of any traffic: a single object is one `send`. */
export const stepsOf = (scenario: Pick<Scenario, 'traffic'>): Step[] =>
  Array.isArray(scenario.traffic) ? scenario.traffic : [{ do: 'send', ...scenario.traffic }]

/** The first requests of a scenario, those with one of the labels where any are given. */
export const firstSend = (scenario: Pick<Scenario, 'traffic'>, labels?: readonly string[]): SendStep | undefined =>
  stepsOf(scenario).filter((step) => step.do === 'send').find((step) => labels === undefined || labels.includes(step.label))

/** Steps for `traffic`, one helper each. */
export const send = (input: SendInput = {}): StepInput => ({ do: 'send', ...input })
export const wait = (amount: Amount | RetryAfterOf): StepInput => ({ do: 'wait', for: amount })
export const heal = (): StepInput => ({ do: 'heal' })
export const signal = (name: 'SIGTERM'): StepInput => ({ do: 'signal', signal: name })
export const probe = (what: 'live' | 'ready', label: string, until?: number): StepInput => ({ do: 'probe', what, label, ...(until === undefined ? {} : { until }) })
export const join = (): StepInput => ({ do: 'join' })
export const exited = (): StepInput => ({ do: 'exit' })

import type { FastifyBaseLogger } from 'fastify'
import type { Redis } from 'ioredis'
import type { Drain } from '../admit/drain.ts'
import type { Answer } from '../call/attempt.ts'
import { pause } from '../call/pause.ts'
import { badAnswer } from '../check/json-answer.ts'
import type { Scrub } from '../check/scrub.ts'
import type { Config } from '../config.ts'
import { asGatewayError, GatewayError } from '../errors.ts'
import { Finish } from '../observe/finish.ts'
import type { Begun } from '../observe/requests.ts'
import type { Telemetry } from '../observe/telemetry.ts'
import { Trace } from '../observe/trace.ts'
import type { Pipeline } from '../pipeline.ts'
import { Head } from '../reply/head.ts'
import { label } from '../reply/label.ts'
import { WorkScope } from '../scope.ts'
import type { Asking, Turn } from '../turn.ts'
import type { ChatRequest } from '../validate/validate.ts'
import { Assembly } from './assemble.ts'
import { kindOf } from './job.ts'
import type { Ticket } from './job.ts'
import { withMembers } from './members.ts'
import type { JobRun, JobStore } from './store.ts'
import { EventWriter } from './writer.ts'

/** The first time, and once more when that worker was lost. */
const mostAttempts = 2
/** Added to each wait, so that jobs which wait for the same thing do not come back together. */
const jitterMs = 1_000

export interface RunnerOptions {
  readonly pipeline: Pick<Pipeline, 'validated' | 'choose' | 'run'>
  readonly store: JobStore
  readonly config: Pick<Config, 'timeouts' | 'limits'>
  readonly telemetry: Pick<Telemetry, 'beginJob'>
  readonly drain: Drain
  readonly scrub: Scrub
  readonly log: FastifyBaseLogger
  /** A connection that waits for Redis. */
  readonly patient: Redis
}

/** One job at work. */
interface Work {
  readonly run: JobRun
  readonly ticket: Ticket
  readonly job: Begun & Asking
  readonly scope: WorkScope
  readonly reply: Head
}

/** Brings jobs to their end, through the same policies as requests. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #scopes = new Map<string, WorkScope>()

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** Works on a job that was handed out; false when it was given back. `token`: another one each time that a job is handed out. Throws only when Redis cannot be written. */
  readonly work = async (id: string, ticket: Ticket, token: string): Promise<boolean> => {
    const { drain, store, patient, config, log, telemetry } = this.#options
    if (drain.refusing) return false
    using held = new DisposableStack()
    held.use(drain.hold())
    const run = store.run(patient, id, token)
    const attempt = await run.begin(ticket)
    if (attempt === 0) return true
    const trace = new Trace()
    trace.caller = ticket.caller.id
    const finish = new Finish()
    held.use(finish.hold())
    const job = { id: ticket.requestId, method: 'JOB', headers: ticket.headers, route: { url: ticket.url }, log: log.child({ requestId: ticket.requestId, job: id }), trace, finish }
    const ended = telemetry.beginJob(job)
    const scope = held.use(new WorkScope(config.timeouts.totalMs, drain.cut))
    this.#scopes.set(id, scope)
    const reply = new Head()
    let status = 200
    try {
      if (attempt > mostAttempts) throw new GatewayError('GW_ERR_JOB_LOST')
      const result = await this.#answer({ run, ticket, job, scope, reply })
      label({ reply, trace })
      await run.done(result, reply.toRecord())
      return true
    } catch (thrown) {
      const error = asGatewayError(scope.isOver ? scope.reason : thrown)
      trace.error = error.id
      status = error.status
      return await this.#fail(run, job, error, reply)
    } finally {
      this.#scopes.delete(id)
      ended({ route: ticket.url, status, error: trace.error })
    }
  }

  /** Ends the work on a job, if it is under way here. */
  readonly cancel = (id: string): void => {
    this.#scopes.get(id)?.end(new GatewayError('GW_ERR_JOB_CANCELLED'))
  }

  /** Gives everything back. */
  stopAll(): void {
    for (const scope of this.#scopes.values()) scope.end(new GatewayError('GW_ERR_DRAINING'))
  }

  async #fail(run: JobRun, job: Begun, error: GatewayError, reply: Head): Promise<boolean> {
    if (error.id === 'GW_ERR_DRAINING') {
      await run.giveBack()
      return false
    }
    const { cause } = error
    if (error.id === 'GW_ERR_INTERNAL') job.log.error({ stack: this.#options.scrub(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)) }, 'internal error')
    // Of a job that was cancelled, or that another worker has by now, nothing is written: the store sees to that.
    label({ reply, trace: job.trace })
    await run.failed(error, reply.toRecord())
    return true
  }

  /** The result as JSON. */
  async #answer({ run, ticket, job, scope, reply }: Work): Promise<string> {
    const { pipeline, config } = this.#options
    const { trace } = job
    const { asked, model } = this.#asked(ticket, job)
    trace.model = model.name
    trace.stream = asked.call.stream
    const writer = new EventWriter(run, scope, () => scope.end(new GatewayError('GW_ERR_JOB_CANCELLED')))
    const use = async (answer: Answer): Promise<string> => {
      trace.firstByteMs = performance.now() - trace.startedAt
      return answer.kind === 'json' ? answer.text : assembled(answer, writer, config.limits.answerBytes)
    }
    for (;;) {
      try {
        // A turn of its own for each try: policies tell turns apart, and settle with each once.
        return await pipeline.run({ ...asked, request: job, reply, caller: ticket.caller, model, scope, trace }, use)
      } catch (error) {
        const waitMs = error instanceof GatewayError && trace.firstByteMs === undefined ? waitOf(error) : undefined
        if (waitMs === undefined || waitMs + jitterMs > scope.remainingMs) throw error
        await pause(waitMs + Math.random() * jitterMs, scope.signal)
      }
    }
  }

  /** A chat is asked for as a stream, whatever the caller wrote, so that its chunks can be watched; but not of a model that cannot stream. */
  #asked(ticket: Ticket, job: Asking): { readonly asked: Pick<Turn, 'kind' | 'body' | 'call'>; readonly model: Turn['model'] } {
    const { pipeline } = this.#options
    const kind = kindOf(ticket.url)
    const { raw } = ticket
    const json: unknown = JSON.parse(raw)
    const plain = pipeline.validated(job, kind, { raw, json })
    if (kind === 'chat') {
      try {
        const asked = pipeline.validated(job, kind, streaming(raw, plain.body as ChatRequest))
        return { asked, model: pipeline.choose(asked) }
      } catch (error) {
        if (plain.call.stream || !(error instanceof GatewayError) || error.id !== 'GW_ERR_CANNOT_STREAM') throw error
      }
    }
    return { asked: plain, model: pipeline.choose(plain) }
  }
}

function streaming(raw: string, body: ChatRequest): { readonly raw: string; readonly json: unknown } {
  const added = { stream: true, stream_options: { ...body.stream_options, include_usage: true } }
  return { raw: withMembers(raw, { stream: 'true', stream_options: JSON.stringify(added.stream_options) }), json: { ...body, ...added } }
}

async function assembled(answer: Extract<Answer, { kind: 'stream' }>, writer: EventWriter, mostBytes: number): Promise<string> {
  const assembly = new Assembly()
  let characters = 0
  for await (const { text, chunk } of answer.frames) {
    if (text === '') continue
    characters += text.length
    if (characters > mostBytes) throw badAnswer('The upstream’s answer is too large to be kept.')
    assembly.add(chunk)
    await writer.write(text)
  }
  await writer.flush()
  return JSON.stringify(assembly.completion())
}

/** The wait that a caller would be asked for; a job waits itself. */
function waitOf({ status, headers }: GatewayError): number | undefined {
  const seconds = status === 429 || status === 503 ? headers['retry-after'] : undefined
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, Call } from './call/attempt.ts'
import type { Frames } from './call/frames.ts'
import { metered } from './check/meter.ts'
import type { Config } from './config.ts'
import { asGatewayError, GatewayError } from './errors.ts'
import type { Sampler } from './observe/sample.ts'
import type { Degradation, Policies } from './policies.ts'
import { label } from './reply/label.ts'
import { relayStream, sendJson } from './reply/relay.ts'
import { whenDone } from './reply/when-done.ts'
import type { Route } from './route/route.ts'
import type { ChooseModel } from './route/choose.ts'
import { RequestScope } from './scope.ts'
import type { Ending } from './scope.ts'
import type { Asking, Turn } from './turn.ts'
import type { JsonBody } from './validate/json-body.ts'
import { chatRequest, embeddingsRequest, validate } from './validate/validate.ts'

export interface PipelineOptions {
  readonly config: Pick<Config, 'timeouts' | 'stream'>
  readonly choose: ChooseModel
  readonly route: Route
  readonly policies: Policies
  /** Logs the texts of some requests, where that is wanted. */
  readonly sampler?: Sampler | undefined
  /** Ends what is still in flight when a drain has reached its deadline. */
  readonly cut: Ending
}

/** What is true of a request before its answer is looked for. */
type Asked = Pick<Turn, 'kind' | 'body' | 'call'>

/**
 * The life of a completion request. Data flows one way: authenticate and admit (hooks in server.ts), validate, look up, route, call,
 * check, reply. A policy that is switched off is not there; its line says `?.`.
 */
export function createPipeline({ config, choose, route, policies, sampler, cut }: PipelineOptions) {
  const { inputLimits, budgets, cache, coalescing, queue, degradation, output } = policies

  /** Checks a body; throws what is wrong with it. */
  function validated(request: Pick<Asking, 'id' | 'headers'>, kind: Turn['kind'], input: JsonBody): Asked {
    const body = kind === 'chat' ? validate(chatRequest, input) : validate(embeddingsRequest, input)
    inputLimits?.check(kind, body)
    // Unknown fields pass, so an embeddings request may have one of this name; nothing there can be streamed.
    const stream = kind === 'chat' && 'stream' in body && body.stream === true
    const choices = 'n' in body && typeof body.n === 'number' ? body.n : 1
    return { kind, body, call: { path: kind === 'chat' ? '/chat/completions' : '/embeddings', raw: input.raw, body, headers: forwarded(request), stream, choices } }
  }

  /** What a request is to the policies. Throws what is wrong with it; its scope is to be disposed of. */
  function turnOf(request: FastifyRequest, reply: FastifyReply, kind: Turn['kind']): Turn & { readonly scope: RequestScope } {
    const { trace, caller, head } = request
    const asked = validated(request, kind, bodyOf(request))
    trace.stream = asked.call.stream
    const model = choose(asked)
    trace.model = model.name
    return { ...asked, request, reply: head, caller, model, scope: new RequestScope(request, reply, config.timeouts.totalMs, cut), trace }
  }

  /** Answers a request, whatever becomes of it. */
  async function serve(request: FastifyRequest, reply: FastifyReply, kind: Turn['kind']): Promise<void> {
    let begun: ReturnType<typeof turnOf> | undefined
    // A caller that leaves closes its connection before the work for it has ended, and before its tokens are counted.
    // Not `using`, which V8 does by a stack of its own, outside of compiled code: here, in every request, it can be measured.
    const hold = request.finish.hold()
    try {
      const turn = (begun = turnOf(request, reply, kind))
      const { trace, scope } = turn
      await run(turn, (answer) => {
        label(turn)
        if (answer.kind === 'stream') return streamed(answer.frames, reply, scope)
        trace.firstByteMs = performance.now() - trace.startedAt
        sendJson(reply, answer.text)
      })
    } catch (error) {
      if (begun !== undefined) label(begun)
      reply.send(asGatewayError(error))
    } finally {
      begun?.scope[Symbol.dispose]()
      hold[Symbol.dispose]()
    }
  }

  async function streamed(frames: Frames, reply: FastifyReply, scope: RequestScope): Promise<void> {
    const error = await relayStream(frames, reply, scope, config.stream.keepAliveMs)
    if (error !== undefined) reply.request.trace.error = error.id
  }

  /** Finds the answer to a turn and has it used up by `use`, at whose end the turn is charged. */
  async function run<T>(turn: Turn, use: (answer: Answer) => Promise<T> | T): Promise<T> {
    const sample = sampler?.(turn)
    try {
      const admitted = budgets?.admit(turn)
      if (admitted !== undefined) {
        // Both questions go to Redis in one piece.
        cache?.begin(turn)
        await admitted
      }
      const kept = cache?.find(turn)
      const found = (kept instanceof Promise ? await kept : kept) ?? (await shared(turn))
      const used = use(sample?.(found) ?? found)
      return used instanceof Promise ? await used : used
    } finally {
      // Not at the end of the connection: a caller that leaves ends it before the answer has been given up, and before a late admission.
      budgets?.charge(turn)
    }
  }

  const shared = (turn: Turn): Promise<Answer> => (coalescing === undefined ? degraded(turn) : coalescing.share(turn, degraded))
  const degraded = (turn: Turn): Promise<Answer> => obtained(turn, degradation)
  const undegraded = (turn: Turn): Promise<Answer> => obtained(turn)

  /** One answer from an upstream, checked and kept. The slot is held until the last byte has come. Without an answer it goes down `ladder`, if there is one. */
  async function obtained(turn: Turn, ladder?: Degradation): Promise<Answer> {
    const queuedMs = turn.trace.queuedMs ?? 0
    let slot: Disposable | undefined
    const giveBack = (): void => slot?.[Symbol.dispose]()
    try {
      const entered = queue?.enter(turn)
      slot = entered instanceof Promise ? await entered : entered
      // Here and not behind the sharing: a kept answer cost its tokens when it was made, a shared one costs them once, and a cheaper model costs its own price.
      const raw = metered(turn, await route(turn.model.chain, turn.call, turn.scope, turn.trace))
      const checked = output?.check(turn, raw) ?? raw
      const kept = cache?.keep(turn, checked) ?? checked
      return slot === undefined ? kept : whenDone(kept, giveBack)
    } catch (error) {
      giveBack()
      if (ladder === undefined) throw error
      return ladder.goDown(turn, error, queuedMs, undegraded)
    }
  }

  return { serve, validated, choose, run }
}

export type Pipeline = ReturnType<typeof createPipeline>

/** Registers the two completion routes. */
export function completionRoutes(app: FastifyInstance, { serve }: Pipeline): void {
  app.post('/v1/chat/completions', (request, reply) => void serve(request, reply, 'chat'))
  app.post('/v1/embeddings', (request, reply) => void serve(request, reply, 'embeddings'))
}

function bodyOf(request: FastifyRequest): JsonBody {
  if (request.body === undefined || request.body === null) throw new GatewayError('GW_ERR_MALFORMED_JSON')
  return request.body as JsonBody
}

// A list of what goes on, not of what does not: the caller's credentials, hop-by-hop headers and whatever else a proxy
// in front adds stay here without anybody having to think of them.
function forwarded(request: Pick<Asking, 'id' | 'headers'>): Call['headers'] {
  const { 'user-agent': agent, traceparent, tracestate } = request.headers
  return { 'x-request-id': request.id, 'user-agent': agent, traceparent: asText(traceparent), tracestate: asText(tracestate) }
}

function asText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}


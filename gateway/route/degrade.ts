import { z } from 'zod'
import type { Answer } from '../call/attempt.ts'
import type { Upstream } from '../call/upstream.ts'
import { asGatewayError, UpstreamError } from '../errors.ts'
import type { GatewayError } from '../errors.ts'
import type { AnswerCache, Degradation } from '../policies.ts'
import type { Turn } from '../turn.ts'
import { misfit } from './fit.ts'
import type { Model, Registry } from './registry.ts'
import { mayFallBack } from './retry.ts'
import { staticAnswer, takesSentence } from './static-answer.ts'
import { createWaitFor } from './wait-for.ts'

export const degradeConfig = z
  .strictObject({
    /** Taken in this order when the asked model has no answer to give; after the last comes an honest refusal. */
    steps: z.array(z.enum(['cache', 'cheaper-model', 'queue', 'static'])).default(['cache', 'cheaper-model', 'queue']),
    /** How long the queue step waits for the circuit or a slot. */
    queueMs: z.int().min(1).default(9_000),
    /** Requests that may be in the queue step at a time; for more of them it is left out. */
    queueWaiting: z.int().min(0).default(50),
    /** The text of the static step; marked as such in the answer. */
    staticAnswer: z.string().min(1).optional(),
  })
  .refine(({ steps, staticAnswer: text }) => steps.includes('static') === (text !== undefined), { path: ['staticAnswer'], message: 'belongs to the step "static": one without the other does nothing' })
export type DegradeConfig = z.output<typeof degradeConfig>

export interface DegradationOptions {
  readonly config: DegradeConfig
  readonly registry: Registry
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly cache: AnswerCache | undefined
}

type Obtain = (turn: Turn) => Promise<Answer>
/** One step down. It names itself in the trace when it does something, returns undefined when it has no answer, and throws what ends the request or tells more than the failure before. */
type Step = (turn: Turn, failure: GatewayError, obtain: Obtain) => Promise<Answer | undefined>

/** Makes the ladder that is gone down for want of a healthy upstream or a free slot. */
export function createDegradation({ config, registry, upstreams, cache }: DegradationOptions): Degradation {
  const waitFor = createWaitFor(upstreams)
  let waiting = 0

  const steps: Readonly<Record<DegradeConfig['steps'][number], Step>> = {
    async cache(turn) {
      const answer = await cache?.findStale?.(turn)
      return answer === undefined ? undefined : fromNoModel(turn, 'cache', answer)
    },

    async 'cheaper-model'(turn, failure, obtain) {
      // Any model needs a slot.
      if (failure.id === 'GW_ERR_OVERLOADED') return undefined
      for (const model of cheaperThan(turn.model)) {
        if (misfit(model, turn) !== undefined) continue
        name(turn, 'cheaper-model')
        try {
          return await obtain({ ...turn, model })
        } catch (error) {
          // What the cheaper model has to say of the request is not what was asked for; a refused text stays refused.
          if (error instanceof UpstreamError && error.kind === 'moderation') throw error
          turn.scope.throwIfOver()
        }
      }
      return undefined
    },

    async queue(turn, failure, obtain) {
      if (waiting >= config.queueWaiting) return undefined
      waiting++
      try {
        return await oneMoreTry(turn, failure, obtain)
      } finally {
        waiting--
      }
    },

    async static(turn) {
      if (config.staticAnswer === undefined || !takesSentence(turn)) return undefined
      return fromNoModel(turn, 'static', staticAnswer(turn, config.staticAnswer))
    },
  }

  /** The models to go down to, each once, however they refer to each other. */
  function* cheaperThan(asked: Model): Generator<Model> {
    const seen = new Set([asked])
    for (let { cheaper } = asked; cheaper !== undefined;) {
      const model = registry.find(cheaper)
      if (model === undefined || seen.has(model)) return
      seen.add(model)
      // A chain may have been down there by itself.
      if (!model.chain.every((entry) => asked.chain.some(({ upstream, model: there }) => upstream === entry.upstream && there === entry.model))) yield model
      cheaper = model.cheaper
    }
  }

  /** Waits for as long as it may and asks once more. Being shed again, or refused a place in the line, is not the one try. */
  async function oneMoreTry(turn: Turn, last: GatewayError, obtain: Obtain): Promise<Answer | undefined> {
    const { trace, scope } = turn
    const until = performance.now() + Math.min(config.queueMs, scope.remainingMs)
    for (let failure = last; ;) {
      const since = performance.now()
      const wait = waitFor(turn, failure, until - since)
      if (wait === undefined) return undefined
      name(turn, 'queue')
      const hopeful = await wait()
      trace.queuedMs = (trace.queuedMs ?? 0) + performance.now() - since
      if (!hopeful) return undefined
      const before = { attempts: trace.attempts, queuedMs: trace.queuedMs }
      try {
        return await obtain(turn)
      } catch (error) {
        failure = asGatewayError(error)
        // Whoever stood in the line until its time was over has waited already.
        if (trace.attempts > before.attempts || trace.queuedMs > before.queuedMs || !isWant(failure)) throw failure
      }
    }
  }

  return {
    async goDown(turn, failed, queuedMs, obtain) {
      const { trace, scope } = turn
      let failure = asGatewayError(failed)
      for (const step of config.steps) {
        if (scope.isOver || !isWant(failure)) throw failure
        if (step === 'queue' && failure.id === 'GW_ERR_OVERLOADED' && (trace.queuedMs ?? 0) > queuedMs) continue
        try {
          const answer = await steps[step](turn, failure, obtain)
          if (answer !== undefined) return answer
        } catch (thrown) {
          failure = asGatewayError(thrown)
        }
      }
      if (!scope.isOver && isWant(failure)) name(turn, 'refused')
      throw failure
    },
  }
}

/** A failure for want of a healthy upstream or a free slot, and not for the request's own sake. */
function isWant(failure: GatewayError): boolean {
  return failure.id === 'GW_ERR_OVERLOADED' || (mayFallBack(failure) && failure.kind !== 'unsupported')
}

function name({ trace }: Turn, step: string): void {
  if (!trace.degraded.includes(step)) trace.degraded.push(step)
}

function fromNoModel(turn: Turn, step: string, answer: Answer): Answer {
  name(turn, step)
  delete turn.trace.served
  return answer
}

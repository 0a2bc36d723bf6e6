import { z } from 'zod'
import { formatRetryAfter } from '../call/retry-after.ts'
import { estimateUsage } from '../check/usage.ts'
import { GatewayError } from '../errors.ts'
import type { Trace } from '../observe/trace.ts'
import type { Budgets } from '../policies.ts'
import { remembered } from '../remembered.ts'
import { costOf } from '../route/registry.ts'
import type { Caller, Turn } from '../turn.ts'
import type { ChatRequest } from '../validate/validate.ts'
import type { Account, Admission, Amount, BudgetStore, Verdict } from './budget-store.ts'

const budget = z.strictObject({
  tokensPerDay: z.int().min(0).optional(),
  /** In the currency of `models.NAME.price`. */
  costPerDay: z.number().min(0).max(1_000_000_000).optional(),
})

export const budgetsConfig = z.strictObject({
  /** All keys together. */
  global: budget.prefault({}),
  /** Each key without a budget of its own. */
  perKey: budget.prefault({}),
  keys: z.record(z.string(), budget).default({}),
  /** Tokens set aside for each answer until it is there; a request that asks for fewer sets aside fewer. */
  reserveTokens: z.int().min(0).max(1_000_000).default(1_024),
})
export type BudgetsConfig = z.output<typeof budgetsConfig>

const dayMs = 86_400_000
/** An upstream that reports nonsense must not make numbers that no store can add up. */
const mostPerRequest = 1e12

/** Makes the policy that holds keys, and all of them together, to their day's tokens and money. */
export function createBudgets(config: BudgetsConfig, store: BudgetStore): Budgets {
  const global: Account = { id: 'global', limit: limitOf(config.global) }
  const perKey = limitOf(config.perKey)
  const ofKey = new Map(Object.entries(config.keys).map(([id, own]) => [id, limitOf(own)]))
  // A job that was put off asks again, with the trace of its first try: how many of the calls in it are paid for.
  const paid = new WeakMap<Trace, number>()

  const accountsOf = remembered(({ id }: Caller): readonly Account[] => [global, { id: `key:${id}`, limit: ofKey.get(id) ?? perKey }].filter(({ limit }) => limit.tokens !== undefined || limit.cost !== undefined))

  function admitted(turn: Turn, { verdict, hold }: Admission): void {
    if (verdict?.tokensLeft !== undefined) turn.reply.header('x-gauntlet-budget-remaining-tokens', verdict.tokensLeft)
    if (hold === undefined) throw refused(verdict)
    turn.hold = hold
  }

  return {
    admit(turn) {
      const asked = accountsOf(turn.caller)
      if (asked.length === 0) return undefined
      const admission = store.hold(asked, expected(turn, config.reserveTokens))
      if (admission instanceof Promise) return admission.then((known) => admitted(turn, known))
      admitted(turn, admission)
      return undefined
    },
    charge(turn) {
      const { trace, hold } = turn
      hold?.settle(used(trace, trace.overhead === undefined ? 0 : paid.get(trace)))
      if (trace.overhead !== undefined) paid.set(trace, trace.overhead.length)
    },
  }
}

function limitOf({ tokensPerDay, costPerDay }: BudgetsConfig['global']): Account['limit'] {
  return { tokens: tokensPerDay, cost: costPerDay === undefined ? undefined : Math.round(costPerDay * 1e6) }
}

/** What a request may come to, as far as can be told before it was asked. */
function expected({ body, kind, call, model }: Turn, reserveTokens: number): Amount {
  const { max_completion_tokens: most, max_tokens: formerly } = body as ChatRequest
  const answer = kind === 'chat' ? Math.min(most ?? formerly ?? reserveTokens, reserveTokens) * call.choices : 0
  const usage = { ...estimateUsage(call.raw.length, 0), completion: answer }
  return { tokens: whole(usage.prompt + usage.completion), cost: micros(costOf(model, usage) ?? 0) }
}

/** What a request came to, less the first `paid` of the calls beside it. */
function used({ usage, cost, overhead }: Trace, paid = 0): Amount {
  let tokens = usage === undefined ? 0 : usage.prompt + usage.completion
  let money = usage === undefined ? 0 : (cost ?? 0)
  for (const call of overhead?.slice(paid) ?? []) {
    tokens += call.usage.prompt + call.usage.completion
    money += call.cost ?? 0
  }
  return { tokens: whole(tokens), cost: micros(money) }
}

function whole(count: number): number {
  return Math.min(Math.ceil(count), mostPerRequest)
}

// Rounded up, or a day of the smallest answers would be free; less the last bits, in which a float says 75.00000000000001 for 75.
function micros(cost: number): number {
  return whole(Math.max(0, cost * 1e6 - 1e-6))
}

function refused(verdict: Verdict | undefined): GatewayError {
  if (verdict?.spent === false) return new GatewayError('GW_ERR_BUDGET_HELD', { headers: { 'retry-after': '1' } })
  return new GatewayError('GW_ERR_BUDGET_SPENT', { headers: { 'retry-after': formatRetryAfter(dayMs - (Date.now() % dayMs)) } })
}

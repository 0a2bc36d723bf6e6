import { formatRetryAfter } from '../call/retry-after.ts'
import { GatewayError } from '../errors.ts'
import { StoreLost } from '../stores/redis.ts'
import type { RedisStore } from '../stores/redis.ts'
import { MemoryBudgetStore } from './budget-store-memory.ts'
import type { Tab } from './budget-store-memory.ts'
import { dayOf, judge } from './budget-store.ts'
import type { Account, Admission, Amount, Balance, BudgetStore, Hold } from './budget-store.ts'

// A hash for each account and day: `tokens` and `cost` were used, `tokens:N` and `cost:N` are set aside by requests let in during period N.
// Only this period and the one before count: what a replica had set aside when it died comes back without anybody's doing.
const keepSeconds = 172_800

/** ARGV: period, amount (tokens, cost); then for each key its limits (tokens, cost; -1 for none) and what this replica knows to be used (tokens, cost). Returns for each key: used tokens, held tokens, used cost, held cost. */
const holdScript = `
local counts, left = {}, true
for i, key in ipairs(KEYS) do
  for m, measure in ipairs({ 'tokens', 'cost' }) do
    local limit, known = tonumber(ARGV[i * 4 - 1 + m]), tonumber(ARGV[i * 4 + 1 + m])
    local found = redis.call('HMGET', key, measure, measure .. ':' .. ARGV[1], measure .. ':' .. (ARGV[1] - 1))
    local used, held = tonumber(found[1] or 0), (found[2] or 0) + (found[3] or 0)
    -- A Redis that came back empty, or missed what was spent meanwhile, is told.
    if used < known then
      redis.call('HSET', key, measure, ARGV[i * 4 + 1 + m])
      used = known
    end
    if limit >= 0 and used + held >= limit then left = false end
    counts[#counts + 1] = used
    counts[#counts + 1] = held
  end
end
for _, key in ipairs(KEYS) do
  if left then
    redis.call('HINCRBY', key, 'tokens:' .. ARGV[1], ARGV[2])
    redis.call('HINCRBY', key, 'cost:' .. ARGV[1], ARGV[3])
  end
  redis.call('EXPIRE', key, ${keepSeconds})
end
return counts
`

/** ARGV: period, what was set aside (tokens, cost; negative), what was used (tokens, cost). */
const settleScript = `
for _, key in ipairs(KEYS) do
  for m, measure in ipairs({ 'tokens', 'cost' }) do
    local held = measure .. ':' .. ARGV[1]
    -- Never below nothing: Redis may have forgotten since what is given back here.
    if redis.call('HINCRBY', key, held, ARGV[1 + m]) <= 0 then redis.call('HDEL', key, held) end
    redis.call('HINCRBY', key, measure, ARGV[3 + m])
  end
  redis.call('EXPIRE', key, ${keepSeconds})
end
`

interface Scripts {
  budgetHold(keys: number, ...args: readonly (string | number)[]): Promise<readonly number[]>
  budgetSettle(keys: number, ...args: readonly (string | number)[]): Promise<null>
}

const nothing: Amount = { tokens: 0, cost: 0 }

/**
 * Budgets that replicas share: one atomic round trip lets a request in, one more that nobody waits for settles it. Beside Redis each replica
 * keeps its own count, always up to date with the last it heard, which decides when Redis is lost and restores Redis when it comes back.
 */
export class RedisBudgetStore implements BudgetStore {
  readonly #redis: RedisStore
  readonly #scripts: Scripts
  readonly #periodMs: number
  readonly #own = new MemoryBudgetStore()
  /** By the accounts of one day, which are opened once. */
  readonly #keys = new WeakMap<readonly Tab[], readonly string[]>()

  /** `longestMs`: the longest that a request can be in flight. */
  constructor(redis: RedisStore, longestMs: number) {
    this.#redis = redis
    this.#periodMs = Math.max(60_000, longestMs + 10_000)
    // At once, not at first use: a pipeline that was begun before does not know a command that is defined later.
    redis.client.defineCommand('budgetHold', { lua: holdScript })
    redis.client.defineCommand('budgetSettle', { lua: settleScript })
    this.#scripts = redis.client as unknown as Scripts
  }

  async hold(accounts: readonly Account[], amount: Amount): Promise<Admission> {
    const now = Date.now()
    const day = dayOf(now)
    const period = Math.floor(now / this.#periodMs)
    const tabs = this.#own.open(accounts, day)
    const keys = this.#keysOf(tabs, day)
    const terms = tabs.flatMap(({ limit, used }) => [limit.tokens ?? -1, limit.cost ?? -1, used.tokens, used.cost])
    try {
      const counts = await this.#redis.run(async () => this.#scripts.budgetHold(keys.length, ...keys, period, amount.tokens, amount.cost, ...terms))
      const verdict = judge(tabs.map((tab, index) => learn(tab, counts.slice(index * 4))))
      return { verdict, hold: verdict.allowed ? this.#held(tabs, amount, keys, period, amount) : undefined }
    } catch (error) {
      if (!(error instanceof StoreLost)) throw error
      return this.#alone(tabs, amount, keys, period)
    }
  }

  #keysOf(tabs: readonly Tab[], day: string): readonly string[] {
    const known = this.#keys.get(tabs)
    if (known !== undefined) return known
    const keys = tabs.map(({ id }) => `${this.#redis.config.prefix}budget:${day}:${id}`)
    this.#keys.set(tabs, keys)
    return keys
  }

  #alone(tabs: readonly Tab[], amount: Amount, keys: readonly string[], period: number): Admission {
    const { whenLost, retryMs } = this.#redis.config
    if (whenLost === 'closed') throw new GatewayError('GW_ERR_LIMITS_UNAVAILABLE', { headers: { 'retry-after': formatRetryAfter(retryMs) } })
    const verdict = whenLost === 'local' ? judge(tabs) : undefined
    return { verdict, hold: verdict?.allowed === false ? undefined : this.#held(tabs, amount, keys, period, nothing) }
  }

  #held(tabs: readonly Tab[], amount: Amount, keys: readonly string[], period: number, shared: Amount): Hold {
    const own = this.#own.take(tabs, amount)
    return {
      settle: (used) => {
        own.settle(used)
        // Whatever is lost here is known in this replica, and told to Redis by the next request of the same account.
        this.#redis.run(async () => this.#scripts.budgetSettle(keys.length, ...keys, period, -shared.tokens, -shared.cost, used.tokens, used.cost)).catch(() => {})
      },
    }
  }
}

/** Notes what all replicas have used; this one's own count may already be ahead of the reply. */
function learn(tab: Tab, [tokens = 0, heldTokens = 0, cost = 0, heldCost = 0]: readonly number[]): Balance {
  tab.used.tokens = Math.max(tab.used.tokens, tokens)
  tab.used.cost = Math.max(tab.used.cost, cost)
  return { ...tab, used: { tokens, cost }, held: { tokens: heldTokens, cost: heldCost } }
}

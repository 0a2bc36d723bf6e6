import { formatRetryAfter } from '../call/retry-after.ts'
import { GatewayError } from '../errors.ts'
import { StoreLost } from '../stores/redis.ts'
import type { RedisStore } from '../stores/redis.ts'
import { Together } from '../stores/together.ts'
import { add, MemoryBudgetStore } from './budget-store-memory.ts'
import type { Tab } from './budget-store-memory.ts'
import { dayOf, judge } from './budget-store.ts'
import type { Account, Admission, Amount, BudgetStore, Hold, Verdict } from './budget-store.ts'

// A hash for each account and day: `tokens` and `cost` were used, `tokens:N` and `cost:N` are set aside by requests let in during period N.
// Only this period and the one before count: what a replica had set aside when it died comes back without anybody's doing.
const keepSeconds = 172_800

/*
 * Nobody else is served while a script runs, and most of that time is what comes with each call of a command, not the command. So a hash is read by one
 * and written by one; names come ready made, because Lua takes longer to put one together than Redis to look it up; a key is told when to go as it comes
 * to be, not at each turn; and the requests of one turn of the event loop are one script.
 */

/**
 * ARGV: fields of this period and the one before (tokens, tokens, cost, cost); for each key its limits (tokens, cost; -1 for none) and what this replica knows
 * to be used (tokens, cost); the amount of each request (tokens, cost). Returns for each key, as it is before them: used tokens, held tokens, used cost,
 * held cost. Who of them is let in follows from that, here as in {@link judgeInTurn}.
 */
const holdScript = `
local counts, accounts = {}, {}
for i, key in ipairs(KEYS) do
  local found = redis.call('HMGET', key, 'tokens', ARGV[1], ARGV[2], 'cost', ARGV[3], ARGV[4])
  local account = { key = key, isNew = not (found[1] or found[2] or found[4] or found[5]), tokens = found[2] or 0, cost = found[5] or 0 }
  for m = 0, 1 do
    local at = i * 4 + 1 + m
    local limit, known, used = tonumber(ARGV[at]), tonumber(ARGV[at + 2]), tonumber(found[m * 3 + 1] or 0)
    -- A Redis that came back empty, or missed what was spent meanwhile, is told.
    if used < known then
      redis.call('HSET', key, m == 0 and 'tokens' or 'cost', ARGV[at + 2])
      used = known
    end
    local held = (found[m * 3 + 2] or 0) + (found[m * 3 + 3] or 0)
    counts[#counts + 1] = used
    counts[#counts + 1] = held
    account[m] = limit < 0 and math.huge or limit - used - held
  end
  accounts[i] = account
end
local tokens, cost = 0, 0
for at = #KEYS * 4 + 5, #ARGV, 2 do
  local left = true
  for _, account in ipairs(accounts) do
    if tokens >= account[0] or cost >= account[1] then left = false end
  end
  if left then tokens, cost = tokens + ARGV[at], cost + ARGV[at + 1] end
end
for _, account in ipairs(accounts) do
  if tokens > 0 or cost > 0 then
    redis.call('HSET', account.key, ARGV[1], string.format('%.0f', account.tokens + tokens), ARGV[3], string.format('%.0f', account.cost + cost))
  end
  if account.isNew then redis.call('EXPIRE', account.key, ${keepSeconds}) end
end
return counts
`

/** ARGV: fields of the period in which it was set aside (tokens, cost), how much (tokens, cost; negative), what was used (tokens, cost). */
const settleScript = `
for _, key in ipairs(KEYS) do
  local found = redis.call('HMGET', key, ARGV[1], ARGV[2], 'tokens', 'cost')
  local set = { 'HSET', key, 'tokens', string.format('%.0f', (found[3] or 0) + ARGV[5]), 'cost', string.format('%.0f', (found[4] or 0) + ARGV[6]) }
  local gone = { 'HDEL', key }
  for m = 1, 2 do
    local held = (found[m] or 0) + ARGV[2 + m]
    -- Never below nothing: Redis may have forgotten since what is given back here, and the key with it.
    if held <= 0 then
      gone[#gone + 1] = ARGV[m]
    else
      set[#set + 1] = ARGV[m]
      set[#set + 1] = string.format('%.0f', held)
    end
  end
  redis.call(unpack(set))
  if #gone > 2 then
    redis.call(unpack(gone))
    redis.call('EXPIRE', key, ${keepSeconds})
  end
end
`

interface Scripts {
  budgetHold(keys: number, ...args: readonly (string | number)[]): Promise<readonly number[]>
  budgetSettle(keys: number, ...args: readonly (string | number)[]): Promise<null>
}

/** Of the hash of an account. */
interface Fields {
  readonly period: number
  readonly tokens: string
  readonly tokensBefore: string
  readonly cost: string
  readonly costBefore: string
}

/** What a request is counted with. */
interface Accounts {
  readonly tabs: readonly Tab[]
  readonly keys: readonly string[]
  readonly fields: Fields
}

/** What a request comes to in the end. */
interface Settled {
  readonly held: Amount
  readonly used: Amount
}

const isSame = (one: Accounts, other: Accounts): boolean => one.keys === other.keys && one.fields === other.fields

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
  #fields: Fields | undefined
  readonly #asking: Together<Accounts, Amount, Verdict>
  readonly #settling: Together<Accounts, Settled, undefined>

  /** `longestMs`: the longest that a request can be in flight. */
  constructor(redis: RedisStore, longestMs: number) {
    this.#redis = redis
    this.#periodMs = Math.max(60_000, longestMs + 10_000)
    // At once, not at first use: a pipeline that was begun before does not know a command that is defined later.
    redis.client.defineCommand('budgetHold', { lua: holdScript })
    redis.client.defineCommand('budgetSettle', { lua: settleScript })
    this.#scripts = redis.client as unknown as Scripts
    this.#asking = new Together(redis, isSame, async (accounts, amounts) => this.#ask(accounts, amounts))
    this.#settling = new Together(redis, isSame, async (accounts, settled) => this.#settle(accounts, settled))
  }

  async hold(accounts: readonly Account[], amount: Amount): Promise<Admission> {
    const now = Date.now()
    const day = dayOf(now)
    const fields = this.#fieldsOf(Math.floor(now / this.#periodMs))
    const tabs = this.#own.open(accounts, day)
    const asking = { tabs, keys: this.#keysOf(tabs, day), fields }
    try {
      const verdict = await this.#asking.ask(asking, amount)
      return { verdict, hold: verdict.allowed ? this.#held(asking, amount, amount) : undefined }
    } catch (error) {
      if (!(error instanceof StoreLost)) throw error
      return this.#alone(asking, amount)
    }
  }

  /** Asks for several requests at once. */
  async #ask({ tabs, keys, fields }: Accounts, amounts: readonly Amount[]): Promise<readonly Verdict[]> {
    const terms = tabs.flatMap(({ limit, used }) => [limit.tokens ?? -1, limit.cost ?? -1, used.tokens, used.cost])
    const all = amounts.flatMap(({ tokens, cost }) => [tokens, cost])
    const counts = await this.#redis.run(async () => this.#scripts.budgetHold(keys.length, ...keys, fields.tokens, fields.tokensBefore, fields.cost, fields.costBefore, ...terms, ...all))
    return judgeInTurn(tabs.map((tab, index) => learn(tab, counts.slice(index * 4))), amounts)
  }

  /** Gives back what was set aside and counts what was used. */
  async #settle({ keys, fields }: Accounts, settled: readonly Settled[]): Promise<readonly undefined[]> {
    const sum = (pick: (one: Settled) => number): number => settled.reduce((all, one) => all + pick(one), 0)
    await this.#redis.run(async () => this.#scripts.budgetSettle(keys.length, ...keys, fields.tokens, fields.cost, sum(({ held }) => -held.tokens), sum(({ held }) => -held.cost), sum(({ used }) => used.tokens), sum(({ used }) => used.cost)))
    return settled.map(() => undefined)
  }

  #keysOf(tabs: readonly Tab[], day: string): readonly string[] {
    const known = this.#keys.get(tabs)
    if (known !== undefined) return known
    const keys = tabs.map(({ id }) => `${this.#redis.config.prefix}budget:${day}:${id}`)
    this.#keys.set(tabs, keys)
    return keys
  }

  /** The names of what is set aside in a period, made once for all of its requests. */
  #fieldsOf(period: number): Fields {
    if (this.#fields?.period !== period) this.#fields = { period, tokens: `tokens:${period}`, tokensBefore: `tokens:${period - 1}`, cost: `cost:${period}`, costBefore: `cost:${period - 1}` }
    return this.#fields
  }

  #alone(accounts: Accounts, amount: Amount): Admission {
    const { whenLost, retryMs } = this.#redis.config
    if (whenLost === 'closed') throw new GatewayError('GW_ERR_LIMITS_UNAVAILABLE', { headers: { 'retry-after': formatRetryAfter(retryMs) } })
    const verdict = whenLost === 'local' ? judge(accounts.tabs) : undefined
    return { verdict, hold: verdict?.allowed === false ? undefined : this.#held(accounts, amount, nothing) }
  }

  #held(accounts: Accounts, amount: Amount, shared: Amount): Hold {
    const own = this.#own.take(accounts.tabs, amount)
    return {
      settle: (used) => {
        own.settle(used)
        // Whatever is lost here is known in this replica, and told to Redis by the next request of the same account.
        this.#settling.ask(accounts, { held: shared, used }).catch(() => {})
      },
    }
  }
}

/** Notes what all replicas have used; this one's own count may already be ahead of the reply. */
function learn(tab: Tab, [tokens = 0, heldTokens = 0, cost = 0, heldCost = 0]: readonly number[]): Tab {
  tab.used.tokens = Math.max(tab.used.tokens, tokens)
  tab.used.cost = Math.max(tab.used.cost, cost)
  return { id: tab.id, limit: tab.limit, used: { tokens, cost }, held: { tokens: heldTokens, cost: heldCost } }
}

/** Judges one request after the other, each with what was set aside for those before it, as {@link holdScript} did. */
function judgeInTurn(accounts: readonly Tab[], amounts: readonly Amount[]): readonly Verdict[] {
  return amounts.map((amount) => {
    const verdict = judge(accounts)
    if (verdict.allowed) for (const { held } of accounts) add(held, amount, 1)
    return verdict
  })
}

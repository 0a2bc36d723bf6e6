/** Tokens, and money in millionths of the currency: whole numbers, because fractions added up over a day drift. */
export interface Amount {
  readonly tokens: number
  readonly cost: number
}

/** What is counted together: one key, or all of them. */
export interface Account {
  readonly id: string
  /** Per day; a measure that is not there has no limit. */
  readonly limit: { readonly tokens?: number | undefined; readonly cost?: number | undefined }
}

/** An account as a request finds it. */
export interface Balance extends Account {
  readonly used: Amount
  /** Set aside for requests in flight; the one that asks is not among them. */
  readonly held: Amount
}

export interface Verdict {
  readonly allowed: boolean
  /** Refused for what was used, not for what is only set aside and may come back. */
  readonly spent: boolean
  /** In the scarcest account; undefined where none limits tokens. */
  readonly tokensLeft: number | undefined
}

export interface Hold {
  /** Puts what was used in the place of what was set aside. Called once, never throws. */
  settle(used: Amount): void
}

export interface Admission {
  /** Undefined when the request was let in without being judged. */
  readonly verdict: Verdict | undefined
  /** Undefined when it was refused; then nothing was set aside anywhere. */
  readonly hold: Hold | undefined
}

/** Counts for the day (UTC) on which a request was let in, however long its answer takes. */
export interface BudgetStore {
  /** Sets `amount` aside in every account, or in none of them when one has nothing left. May throw GW_ERR_LIMITS_UNAVAILABLE. */
  hold(accounts: readonly Account[], amount: Amount): Promise<Admission> | Admission
}

/** Lets in as long as anything is left: one that asked for enough to be left would let nobody into a small budget. */
export function judge(balances: readonly Balance[]): Verdict {
  let spent = false
  let gone = false
  let least = Infinity
  for (const { limit: { tokens = Infinity, cost = Infinity }, used, held } of balances) {
    spent ||= used.tokens >= tokens || used.cost >= cost
    const left = tokens - used.tokens - held.tokens
    gone ||= left <= 0 || used.cost + held.cost >= cost
    least = Math.min(least, left)
  }
  return { allowed: !gone, spent, tokensLeft: least === Infinity ? undefined : Math.max(0, least) }
}

let lastDay = { number: -1, name: '' }

/** As in `2026-01-31`. */
export function dayOf(now: number): string {
  const number = Math.floor(now / 86_400_000)
  if (lastDay.number !== number) lastDay = { number, name: new Date(now).toISOString().slice(0, 10) }
  return lastDay.name
}

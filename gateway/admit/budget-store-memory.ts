import { remembered } from '../remembered.ts'
import { dayOf, judge } from './budget-store.ts'
import type { Account, Admission, Amount, BudgetStore, Hold } from './budget-store.ts'

type Counts = { -readonly [Measure in keyof Amount]: number }
interface Entry {
  readonly used: Counts
  readonly held: Counts
}
/** A {@link Balance} that goes on counting. */
export interface Tab extends Account, Entry {}

/** What this replica counts by itself: a few numbers for each key that was used today. */
export class MemoryBudgetStore implements BudgetStore {
  #day = ''
  #tabsOf = newDay()

  hold(accounts: readonly Account[], amount: Amount): Admission {
    const tabs = this.open(accounts, dayOf(Date.now()))
    const verdict = judge(tabs)
    return { verdict, hold: verdict.allowed ? this.take(tabs, amount) : undefined }
  }

  /** The accounts' counts of that day. Those of another day are forgotten, except by the holds that still have to be settled there. */
  open(accounts: readonly Account[], day: string): readonly Tab[] {
    if (this.#day !== day) this.#tabsOf = newDay()
    this.#day = day
    return this.#tabsOf(accounts)
  }

  /** Sets aside without judging. */
  take(tabs: readonly Tab[], amount: Amount): Hold {
    for (const { held } of tabs) add(held, amount, 1)
    return {
      settle: (used) => {
        for (const tab of tabs) {
          add(tab.held, amount, -1)
          add(tab.used, used, 1)
        }
      },
    }
  }
}

/** Nothing used and nothing held of any account; the same list of accounts is opened once. */
function newDay(): (accounts: readonly Account[]) => readonly Tab[] {
  const entries = new Map<string, Entry>()
  return remembered((accounts: readonly Account[]) => accounts.map(({ id, limit }) => {
    const { used, held } = entries.get(id) ?? { used: { tokens: 0, cost: 0 }, held: { tokens: 0, cost: 0 } }
    entries.set(id, { used, held })
    return { id, limit, used, held }
  }))
}

/** Adds an amount to counts, or with -1 takes it from them. */
export function add(counts: Counts, amount: Amount, sign: 1 | -1): void {
  counts.tokens += sign * amount.tokens
  counts.cost += sign * amount.cost
}

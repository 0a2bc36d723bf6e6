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
  #entries = new Map<string, Entry>()
  /** What {@link open} made of the same list today. */
  #opened = new WeakMap<readonly Account[], readonly Tab[]>()

  hold(accounts: readonly Account[], amount: Amount): Admission {
    const tabs = this.open(accounts, dayOf(Date.now()))
    const verdict = judge(tabs)
    return { verdict, hold: verdict.allowed ? this.take(tabs, amount) : undefined }
  }

  /** The accounts' counts of that day. Those of another day are forgotten, except by the holds that still have to be settled there. */
  open(accounts: readonly Account[], day: string): readonly Tab[] {
    if (this.#day !== day) {
      this.#entries = new Map()
      this.#opened = new WeakMap()
    }
    this.#day = day
    const known = this.#opened.get(accounts)
    if (known !== undefined) return known
    const tabs = accounts.map((account) => {
      const entry = this.#entries.get(account.id) ?? { used: { tokens: 0, cost: 0 }, held: { tokens: 0, cost: 0 } }
      this.#entries.set(account.id, entry)
      return { id: account.id, limit: account.limit, used: entry.used, held: entry.held }
    })
    this.#opened.set(accounts, tabs)
    return tabs
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

function add(counts: Counts, amount: Amount, sign: 1 | -1): void {
  counts.tokens += sign * amount.tokens
  counts.cost += sign * amount.cost
}

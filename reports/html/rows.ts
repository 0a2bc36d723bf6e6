import type { TimelineRow } from '../../schemas/report.ts'

/** What one line of a drawn time line shows. */
export type Item =
  | { kind: 'arrows'; rows: readonly [TimelineRow] | readonly [TimelineRow, TimelineRow] }
  | { kind: 'note'; row: TimelineRow }
  | { kind: 'gap'; count: number; chunks: boolean; from: number; to: number }

type Drawn = Exclude<Item, { kind: 'gap' }>

/** The rows an item stands for. */
export const rowsOf = (item: Drawn): readonly TimelineRow[] => (item.kind === 'note' ? [item.row] : item.rows)

const RELAY_MS = 2
const calm = (row: TimelineRow): boolean => row.tone === 'plain' || row.tone === 'dim'

/** Handed on at once: what came in at the target leaves on its other side, and nothing about either is remarkable. */
const relayed = (a: TimelineRow, b: TimelineRow): boolean =>
  a.to === 'target' && b.from === 'target' && a.from !== 'target' && b.to !== 'target' && a.from !== b.to && calm(a) && calm(b) && b.t - a.t <= RELAY_MS

const paired = (rows: readonly TimelineRow[]): Drawn[] => {
  const items: Drawn[] = []
  for (let i = 0; i < rows.length; i += 1) {
    const [row, next] = [rows[i], rows[i + 1]]
    if (row === undefined) continue
    if (row.from === row.to) items.push({ kind: 'note', row })
    else if (next !== undefined && relayed(row, next)) {
      items.push({ kind: 'arrows', rows: [row, next] })
      i += 1
    } else items.push({ kind: 'arrows', rows: [row] })
  }
  return items
}

const LONG = 5
const dim = (item: Drawn): boolean => rowsOf(item).every((row) => row.tone === 'dim')
const remarkable = (item: Drawn): boolean => rowsOf(item).some((row) => !calm(row))

/** Which items stay: of a long dim run the first two and the last; of what is then too long the remarkable, the head, the tail. */
const kept = (items: readonly Drawn[], max: number): Set<number> => {
  const keep = new Set<number>()
  for (let i = 0; i < items.length; ) {
    let end = i
    while (end < items.length && dim(items[end] as Drawn)) end += 1
    const run = end - i
    if (run > LONG) for (const at of [i, i + 1, end - 1]) keep.add(at)
    else for (let at = i; at < Math.max(end, i + 1); at += 1) keep.add(at)
    i = Math.max(end, i + 1)
  }
  if (keep.size <= max) return keep
  const order = [...keep]
  const first = order.filter((at) => remarkable(items[at] as Drawn)).slice(0, Math.ceil(max / 2))
  const short = new Set(first)
  for (let n = 0; short.size < max && n < order.length; n += 1) {
    const tail = n % 3 === 2
    const third = Math.floor(n / 3)
    short.add((tail ? order[order.length - 1 - third] : order[n - third]) ?? 0)
  }
  return short
}

/** The rows of one request as lines to draw: relays on one line, long dim runs and the middle of very long ones as gaps. */
export const layout = (rows: readonly TimelineRow[], max: number): Item[] => {
  const items = paired(rows)
  const keep = kept(items, Math.max(4, max))
  const out: Item[] = []
  let hidden: Drawn[] = []
  const flush = (): void => {
    const all = hidden.flatMap(rowsOf)
    if (hidden.length === 1) out.push(...hidden)
    else if (all.length > 0) out.push({ kind: 'gap', count: hidden.length, chunks: all.every((row) => row.text.includes('chunk')), from: all[0]?.t ?? 0, to: all.at(-1)?.t ?? 0 })
    hidden = []
  }
  for (const [at, item] of items.entries()) {
    if (keep.has(at)) {
      flush()
      out.push(item)
    } else hidden.push(item)
  }
  flush()
  return out
}

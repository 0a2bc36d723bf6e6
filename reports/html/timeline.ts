import type { ScenarioReport, TimelineRow } from '../../schemas/report.ts'
import { clip, oneLine } from '../lib/visible.ts'
import { displayWidth, fit } from '../lib/width.ts'
import { plural } from '../lib/words.ts'
import { html, nothing, type Html } from './escape.ts'
import { layout, type Item } from './rows.ts'

type Timeline = ScenarioReport['timelines'][number]

const WIDTH = 960
const CHAR = 7.3
const CALLER = 84
/** Where the target and each lane stand, by the number of lanes. */
const COLUMNS: readonly (readonly number[])[] = [[470, 856], [400, 680, 880], [370, 600, 755, 900]]
const TONE: Record<TimelineRow['tone'], string> = { plain: 'a', fault: 'k', bad: 'b', dim: 'q' }
const SIGN: Record<TimelineRow['tone'], string> = { plain: '', fault: '', bad: '✗ ', dim: '' }
const NOTE_GAP = 14
const ROW = 28

interface Stage {
  target: number
  lanes: string[]
  xs: readonly number[]
}

/** One request as a two-sided time line: caller, target and each lane of the upstream as columns, time running down. */
export const timeline = (source: Timeline, maxRows: number): Html => {
  const stage = stageOf(source.rows)
  const items = layout(source.rows, maxRows)
  const parts: Html[] = []
  const gaps: number[] = []
  let y = 24
  let [before, unit] = ['', ' ms']
  for (const item of items) {
    const at = item.kind === 'gap' ? '' : clock(item.kind === 'note' ? item.row.t : item.rows[0].t)
    const time = at === before || at === '' ? '' : `${at}${unit}`
    if (at !== '') [before, unit] = [at, '']
    if (item.kind === 'gap') gaps.push(y)
    y += ROW
    parts.push(draw(item, stage, y - 6, time))
  }
  const height = y + 6
  const columns = [CALLER, stage.target, ...stage.xs]
  const name = `${source.label} · ${source.nonce}`
  return html`<figure class="tl"><figcaption><b>${clip(oneLine(source.label), 120)}</b> · ${clip(oneLine(source.nonce), 80)}</figcaption><div class="scroll"><svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="Time line of ${clip(oneLine(name), 160)}">${heads(stage)}<path class="v" d="${columns.map((x) => `M${String(x)} 24V${String(height - 4)}`).join('')}"/>${gaps.length > 0 ? html`<path class="x" d="${gaps.flatMap((top) => columns.map((x) => `M${String(x)} ${String(top + 4)}v20`)).join('')}"/>` : nothing}${parts}</svg></div></figure>`
}

const stageOf = (rows: readonly TimelineRow[]): Stage => {
  const lanes = [...new Set(rows.flatMap((row) => (row.lane === undefined ? [] : [row.lane])))]
  const columns = COLUMNS[lanes.length - 1] ?? COLUMNS[0] ?? []
  return { target: columns[0] ?? 0, lanes: lanes.length > COLUMNS.length ? [] : lanes, xs: columns.slice(1) }
}

const heads = ({ target, lanes, xs }: Stage): Html[] => {
  const head = (x: number, text: string) => html`<text class="h" x="${x}" y="15" text-anchor="middle">${fit(oneLine(text), 22)}</text>`
  const upstream = lanes.length === 1 ? [`upstream · ${lanes[0] ?? ''}`] : lanes
  return [head(CALLER, 'caller'), head(target, 'target'), ...xs.map((x, i) => head(x, upstream[i] ?? 'upstream'))]
}

/** `3.1` below ten milliseconds, whole ones above: what a reader can compare. */
const clock = (t: number): string => (t < 9.95 && !Number.isInteger(t) ? t.toFixed(1) : String(Math.round(t)))

const xOf = (side: TimelineRow['from'], row: TimelineRow, { target, lanes, xs }: Stage): number => {
  if (side === 'caller') return CALLER
  if (side === 'target') return target
  return xs[Math.max(0, lanes.indexOf(row.lane ?? ''))] ?? xs[0] ?? WIDTH
}

const draw = (item: Item, stage: Stage, y: number, time: string): Html => {
  if (item.kind === 'gap') return html`<text class="gap" x="${CALLER + NOTE_GAP}" y="${y - 7}">… ${item.count} more${item.chunks ? ` chunk${item.count === 1 ? '' : 's'}` : ''}, ${clock(item.from)}–${clock(item.to)} ms</text>`
  const stamp = time === '' ? nothing : html`<text class="t" x="62" y="${y - 7}" text-anchor="end">${time}</text>`
  if (item.kind === 'note') return html`<g class="${TONE[item.row.tone]}">${tip([item.row])}${stamp}${note(item.row, stage, y)}</g>`
  const [first, second] = item.rows
  const same = second?.text === first.text
  return html`<g class="${TONE[first.tone]}">${tip(item.rows)}${stamp}${arrow(first, stage, y, first.text)}${second === undefined ? nothing : arrow(second, stage, y, same ? '' : second.text)}</g>`
}

/** The whole text, who and when, for a pointer and for a reader that does not see the arrows. */
const tip = (rows: readonly TimelineRow[]): Html => {
  const [first] = rows
  const path = first?.from === first?.to ? (first?.from ?? '') : [first?.from, ...rows.map((row) => row.to)].join(' → ')
  const texts = [...new Set(rows.map((row) => clip(oneLine(row.text), 300)))].join(' | ')
  return html`<title>${(first?.t ?? 0).toFixed(1)} ms ${path}: ${texts}</title>`
}

const arrow = (row: TimelineRow, stage: Stage, y: number, text: string): Html => {
  const [from, to] = [xOf(row.from, row, stage), xOf(row.to, row, stage)]
  const way = to > from ? 1 : -1
  const [start, end] = [from + 4 * way, to - 4 * way]
  const left = Math.min(from, to)
  const room = nextColumn(left, stage) - left - 2 * NOTE_GAP
  const head = `m${String(-7 * way)}-4l${String(7 * way)} 4l${String(-7 * way)} 4`
  const line = row.tone === 'fault' ? html`<path class="l" d="M${start} ${y}H${end}"/><path d="M${end} ${y}${head}"/>` : html`<path d="M${start} ${y}H${end}${head}"/>`
  const shown = fit(SIGN[row.tone] + laneSign(row, stage) + oneLine(clip(text, 300)), Math.floor(room / CHAR))
  return text === '' ? line : html`${line}<text x="${left + NOTE_GAP}" y="${y - 7}">${shown}</text>`
}

/** With more lanes than columns the lane is named in the text. */
const laneSign = (row: TimelineRow, { lanes }: Stage): string => (lanes.length === 0 && row.lane !== undefined ? `[${oneLine(row.lane)}] ` : '')

const nextColumn = (x: number, { target, xs }: Stage): number => [target, ...xs].find((column) => column > x) ?? WIDTH

/** Something that happened in one place: a dot on its line, the text beside it, to the left only at the last column. */
const note = (row: TimelineRow, stage: Stage, y: number): Html => {
  const x = xOf(row.from, row, stage)
  const leftward = row.from === 'upstream'
  const before = Math.max(CALLER, ...[stage.target, ...stage.xs].filter((column) => column < x))
  const room = (leftward ? x - before : nextColumn(x, stage) - x) - 3 * NOTE_GAP
  const shown = fit(SIGN[row.tone] + laneSign(row, stage) + oneLine(clip(row.text, 300)), Math.floor(room / CHAR))
  const width = Math.round(displayWidth(shown) * CHAR) + 14
  const left = leftward ? x - NOTE_GAP - width : x + NOTE_GAP
  return html`<circle cx="${x}" cy="${y - 11}" r="3.5"/><rect x="${left}" y="${y - 21}" width="${width}" height="20" rx="4"/><text x="${left + 7}" y="${y - 7}">${shown}</text>`
}

/** The time lines of a scenario, as many as fit its place, and how many are left to the evidence folder. */
export const timelines = (scenario: ScenarioReport, most: number, maxRows: number): Html => {
  const more = scenario.timelines.length - most
  const rest = more > 0 ? html`<p class="more">+ ${plural(more, 'more request')} in ${scenario.evidence ?? 'report.json'}</p>` : nothing
  return html`${scenario.timelines.slice(0, most).map((one) => timeline(one, maxRows))}${rest}`
}

import type { Report, ScenarioReport } from '../../schemas/report.ts'
import type { Style } from '../lib/paint.ts'
import { areas, count, judged, reasonOf, standing } from '../lib/read.ts'
import { oneLine } from '../lib/visible.ts'
import { displayWidth, fit } from '../lib/width.ts'
import { GLYPH, shortId } from '../lib/words.ts'
import { lineWidth, span, type Line, type Span } from './line.ts'

const MOST_AREAS = 13
type Area = ReturnType<typeof areas>[number]

/** One line per area; when there are too many for a screen, those without a finding share the last line. */
export const areaLines = (report: Report, width: number): Line[] => {
  const all = areas(report)
  const shown = all.length > MOST_AREAS ? pick(all) : all
  const folded = all.filter((area) => !shown.includes(area))
  const name = Math.min(22, Math.max(11, ...all.map((area) => displayWidth(oneLine(area.name)))))
  const green = standing(report) === 'incomplete' ? 'plain' : 'pass'
  const lines = shown.map((area) => areaLine(area, name, width, green))
  if (folded.length > 0) lines.push(areaLine({ name: `${String(folded.length)} more`, scenarios: folded.flatMap((area) => area.scenarios) }, name, width, green))
  return lines
}

const pick = (all: Area[]): Area[] => {
  const calm = (area: Area) => area.scenarios.every((s) => s.verdict === 'pass')
  const keep = new Set([...all.filter((area) => !calm(area)), ...all.filter(calm)].slice(0, MOST_AREAS - 1))
  return all.filter((area) => keep.has(area))
}

const areaLine = (area: Area, nameWidth: number, width: number, green: Style): Line => {
  const counts = count(area.scenarios)
  const total = judged(counts)
  const fraction = total === 0 ? '–' : `${String(counts.pass)}/${String(total)}`
  const style = total === 0 ? 'dim' : counts.pass === total ? green : 'plain'
  const name = fit(oneLine(area.name), nameWidth)
  const head: Span[] = [span(`  ${name}${' '.repeat(nameWidth - displayWidth(name))}`), span(fraction.padStart(8), style)]
  return [...head, ...notes(area, width - lineWidth(head))]
}

/** What is not green: each finding by name as long as there is room, then what was not judged. */
const notes = (area: Area, room: number): Span[] => {
  const items = [...named(area.scenarios), ...unjudged(area.scenarios)]
  const out: Span[] = []
  let left = room
  for (const [index, [text, style]] of items.entries()) {
    const rest = items.length - index - 1
    const space = left - 3 - (rest > 0 ? `   +${String(rest)} more`.length : 0)
    // A name is shown whole or counted; what was not judged may be cut short.
    const least = style === 'dim' ? Math.min(18, displayWidth(text)) : displayWidth(text)
    if (index > 0 && least > space) {
      out.push(span(`   +${String(rest + 1)} more`, 'dim'))
      break
    }
    const shown = fit(text, space)
    left -= 3 + displayWidth(shown)
    out.push(span('   '), span(shown, style ?? 'plain'))
  }
  return out
}

const named = (scenarios: readonly ScenarioReport[]): Span[] =>
  (['fail', 'unknown', 'warn'] as const).flatMap((verdict) =>
    scenarios
      .filter((s) => s.verdict === verdict)
      .map((s) => span(`${GLYPH[verdict]} ${shortId(s.id)}${verdict === 'unknown' ? ` (${fit(oneLine(reasonOf(s)), 40)})` : ''}`, verdict)),
  )

const unjudged = (scenarios: readonly ScenarioReport[]): Span[] => {
  const skipped = scenarios.filter((s) => s.verdict === 'skipped')
  const absent = scenarios.filter((s) => s.verdict === 'not_supported')
  const reasons = [...new Set(skipped.map(reasonOf))]
  const all = (some: readonly ScenarioReport[]) => (some.length === scenarios.length ? '' : `${String(some.length)} `)
  return [
    ...(skipped.length > 0 ? [span(`${GLYPH.skipped} ${all(skipped)}skipped: ${reasons.join('; ')}`, 'dim')] : []),
    ...(absent.length > 0 ? [span(all(absent) === '' ? 'not claimed' : `${GLYPH.not_supported} ${all(absent)}not claimed`, 'dim')] : []),
  ]
}

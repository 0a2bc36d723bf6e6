import type { Counts, Report } from '../../schemas/report.ts'
import { noPaint, type Style } from '../lib/paint.ts'
import { count, countWords, judged, standing, STANDING_WORD, type Standing } from '../lib/read.ts'
import { oneLine } from '../lib/visible.ts'
import { wrap } from '../lib/width.ts'
import { componentText, duration } from '../lib/words.ts'
import type { RenderOptions } from '../reporter.ts'
import { areaLines } from './areas.ts'
import { findingLines } from './findings.ts'
import { flow, paintLine, span, type Line, type Span } from './line.ts'
import { nextStep } from './next.ts'

const BLANK: Line = []
export const STANDING_STYLE: Record<Standing, Style> = { conformant: 'pass', 'not conformant': 'fail', 'not proved': 'unknown', incomplete: 'fail' }

/** The whole run on one screen: what ran, each area, what failed and how to see it again, the verdict, the next step. */
export const summaryLines = (report: Report, options: RenderOptions = {}): string[] => {
  const width = Math.max(40, Math.min(options.width ?? 80, 120))
  const paint = options.paint ?? noPaint
  const found = findingLines(report, width)
  const lines = [
    ...header(report, width),
    ...areaLines(report, width),
    ...(found.length > 0 ? [BLANK, ...found] : []),
    BLANK,
    ...verdict(report, width),
    ...marks(report, width),
    ...footer(report, options.paths ?? {}, width),
  ]
  // A path and a command are for copying: a terminal wraps them better than an ellipsis would.
  return lines.map((line) => paintLine(line, Number.POSITIVE_INFINITY, paint))
}

const header = (report: Report, width: number): Line[] => {
  const { suite, target, run, environment } = report
  const present = environment.components.map((c) => span(oneLine(componentText(c)), 'dim'))
  const absent = environment.missing.map((m) => span(`${oneLine(m.name)} – ${oneLine(m.reason)}`, 'dim'))
  const title = [span(`gauntlet ${suite.version}`, 'bold'), span(oneLine(`${target.name} ${target.version}`), 'bold'), span(`seed ${String(run.seed)}`)]
  return [...flow(title, width, 2), ...flow([...present, ...absent], width, 3)]
}

const verdict = (report: Report, width: number): Line[] => {
  const counts = count(report.scenarios)
  const stands = standing(report)
  const { run } = report
  const ran = stands === 'incomplete' ? `${String(run.executed)} of ${String(run.selected)} ran` : `${countWords(counts, numbers(stands))} of ${String(report.scenarios.length)}`
  const pieces: Span[] = [span(STANDING_WORD[stands], STANDING_STYLE[stands])]
  if (stands === 'incomplete') pieces.push(span(run.stopped ?? 'stopped for a reason that was not recorded'))
  return flow([...pieces, span(ran), span(duration(run.durationMs))], width, 6)
}

const numbers = (stands: Standing) =>
  stands === 'conformant' ? (['pass', 'warn', 'skipped', 'not_supported'] as const) : (['fail', 'unknown', 'warn', 'skipped', 'not_supported'] as const)

const ORIGINS = { conformant: ['rfc', 'schema', 'vendor-doc'], resilient: ['de-facto', 'house'] } as const
const share = (counts: Counts): string => `${String(counts.pass + counts.warn)}/${String(judged(counts))}`

/** The two marks and the origins they are made of. Counts, never a percentage: a score would hide a MUST. */
const marks = (report: Report, width: number): Line[] =>
  (['conformant', 'resilient'] as const).flatMap((mark) => {
    const { passed, total } = report.summary[mark]
    const parts = ORIGINS[mark].flatMap((origin) => {
      const counts = report.summary.byOrigin[origin]
      return counts === undefined || judged(counts) === 0 ? [] : [span(`${origin} ${share(counts)}`, 'dim')]
    })
    return flow([span(`${mark} ${String(passed)}/${String(total)}`), ...parts], width, 2)
  })

const footer = (report: Report, paths: Record<string, string>, width: number): Line[] => {
  const path = paths['html'] ?? paths['json']
  const next = wrap(oneLine(nextStep(report)), width - 5)
  return [
    ...(path === undefined ? [] : [[span('report ', 'dim'), span(oneLine(path))]]),
    ...next.map((line, index) => [span(index === 0 ? 'next ' : '     ', 'dim'), span(line)]),
  ]
}


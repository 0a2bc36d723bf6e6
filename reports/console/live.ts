import type { ScenarioReport } from '../../schemas/report.ts'
import type { Outcome } from '../../schemas/verdict.ts'
import { paintFor } from '../lib/paint.ts'
import { badChecks, reasonOf } from '../lib/read.ts'
import { duration, GLYPH, repeats } from '../lib/words.ts'
import type { LiveReporter } from '../reporter.ts'
import { paintLine, span, type Line, type Span } from './line.ts'
import { summaryLines } from './summary.ts'

/** A stream that may be a terminal. */
export type Terminal = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

const SHOWN: Outcome[] = ['pass', 'warn', 'fail', 'unknown', 'skipped', 'not_supported']
const ERASE = '\r\u001B[2K'

/** Live progress and, at the end, the summary: one line that changes on a terminal, one plain line per scenario elsewhere. */
export const liveConsole = (stream: Terminal = process.stdout, now: () => number = () => performance.now()): LiveReporter => {
  const paint = paintFor(stream)
  const width = (): number => Math.max(40, stream.columns ?? 80)
  const running = new Set<string>()
  const counts = new Map<Outcome, number>()
  let [done, total, note, startedAt] = [0, 0, '', now()]
  let timer: NodeJS.Timeout | undefined

  const write = (line: Line): void => void stream.write(`${paintLine(line, width() * 4, paint)}\n`)
  const draw = (): void => {
    if (stream.isTTY !== true) return
    const seen = SHOWN.flatMap((outcome): Span[] => (counts.has(outcome) ? [span(`  ${GLYPH[outcome]} ${String(counts.get(outcome))}`, outcome)] : []))
    const what = running.size > 0 ? [...running].join(', ') : note
    const line = [span(`${String(done)}/${String(total)}`, 'bold'), ...seen, span(`  ${duration(now() - startedAt)}`, 'dim'), span(`  ${what}`, 'dim')]
    // One column stays free: a full last column makes some terminals wrap.
    stream.write(ERASE + paintLine(line, width() - 1, paint))
  }

  return {
    onStart: (info) => {
      startedAt = now()
      total = info.total
      if (stream.isTTY === true) timer = setInterval(draw, 1000).unref()
      else write([span(`gauntlet ${info.suite} · ${info.target} · seed ${String(info.seed)} · ${String(info.total)} scenarios`)])
      draw()
    },
    onProgress: (line) => {
      note = line
      if (stream.isTTY !== true) write([span(line, 'dim')])
      draw()
    },
    onScenarioStart: (id) => {
      running.add(id)
      draw()
    },
    onScenario: (scenario, doneNow, totalNow) => {
      running.delete(scenario.id)
      ;[done, total] = [doneNow, totalNow]
      counts.set(scenario.verdict, (counts.get(scenario.verdict) ?? 0) + 1)
      if (stream.isTTY !== true) write(finished(scenario))
      draw()
    },
    onEnd: (report, paths) => {
      clearInterval(timer)
      if (stream.isTTY === true) stream.write(ERASE)
      else stream.write('\n')
      stream.write(`${summaryLines(report, { width: width(), paint, paths }).join('\n')}\n`)
    },
  }
}

const finished = (s: ScenarioReport): Line => {
  const again = repeats(s)
  const check = badChecks(s)[0]
  const why = s.verdict === 'pass' ? '' : s.verdict === 'fail' || s.verdict === 'warn' ? (check?.actual ?? '') : reasonOf(s)
  return [
    span(`${GLYPH[s.verdict]} ${s.id}`, s.verdict),
    span(`  ${duration(s.durationMs)}${again === '' ? '' : `  ${again}`}`, 'dim'),
    ...(why === '' ? [] : [span(`  ${why}`)]),
  ]
}

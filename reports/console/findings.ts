import type { Report, ScenarioReport } from '../../schemas/report.ts'
import { badChecks, findings, reasonOf } from '../lib/read.ts'
import { clip, oneLine } from '../lib/visible.ts'
import { displayWidth, wrap, wrapAtMost } from '../lib/width.ts'
import { GLYPH, repeats } from '../lib/words.ts'
import { lineWidth, span, type Line } from './line.ts'

const IN_FULL = 3
const INDENT = '    '

/** The failures, or when nothing failed what was not proved: three in full, the rest as a count. */
export const findingLines = (report: Report, width: number): Line[] => {
  const found = findings(report)
  const failed = found.filter((s) => s.verdict === 'fail')
  const shown = failed.length > 0 ? failed : found.filter((s) => s.verdict === 'unknown')
  const more = shown.length - IN_FULL
  return [
    ...shown.slice(0, IN_FULL).flatMap((s) => finding(s, width)),
    ...(more > 0 ? [[span(`+${String(more)} more in the report`, 'dim')]] : []),
  ]
}

const finding = (s: ScenarioReport, width: number): Line[] => {
  const room = width - INDENT.length
  const again = repeats(s)
  const { level, origin, text } = s.requirement
  const name = span(`${GLYPH[s.verdict]} ${s.id}`, s.verdict)
  const tags = span(`${level} ${origin}${again === '' ? '' : `  ${again}`}`, 'dim')
  const head: Line = [name, span('  '), tags]
  return [
    ...(lineWidth(head) <= width ? [head] : [[name], [span(INDENT), tags]]),
    ...wrapAtMost(oneLine(text), room, 3).map((line) => [span(INDENT), span(line)]),
    ...evidence(s, room),
    ...command(s.repro, room).map((line) => [span(INDENT), span(line, 'bold')]),
  ]
}

const evidence = (s: ScenarioReport, room: number): Line[] => {
  const check = badChecks(s)[0]
  if (check === undefined || s.verdict === 'unknown') return wrapAtMost(`not proved: ${oneLine(reasonOf(s))}`, room, 2).map((line) => [span(INDENT), span(line, 'dim')])
  const both = `expected ${oneLine(clip(check.expected, 1000))} · actual ${oneLine(clip(check.actual, 1000))}`
  if (displayWidth(both) <= room) return [[span(INDENT), span(both)]]
  return [...labelled('expected', check.expected, room), ...labelled('actual', check.actual, room)]
}

const labelled = (label: string, value: string, room: number): Line[] =>
  wrapAtMost(oneLine(clip(value, 1000)), room - 9, 2).map((line, index) => [span(INDENT), span((index === 0 ? label : '').padEnd(9), 'dim'), span(line)])

/** A command stays one that can be pasted: broken only at blanks, with the shell's own continuation. */
const command = (line: string, room: number): string[] => {
  const lines = wrap(oneLine(line), room - 2)
  const whole = lines.every((part) => displayWidth(part) <= room - 2) && lines.join(' ') === oneLine(line)
  return whole ? lines.map((part, index) => (index < lines.length - 1 ? `${part} \\` : part)) : [oneLine(line)]
}

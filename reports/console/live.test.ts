import { Writable } from 'node:stream'
import { WriteStream } from 'node:tty'
import { afterEach, expect, test, vi } from 'vitest'
import { green, sample } from '../sample.ts'
import { displayWidth } from '../lib/width.ts'
import { liveConsole, type Terminal } from './live.ts'

class Screen extends Writable {
  text = ''
  isTTY?: boolean
  columns?: number
  getColorDepth = (): number => WriteStream.prototype.getColorDepth()
  constructor(shape: { isTTY?: boolean; columns?: number } = {}) {
    super()
    Object.assign(this, shape)
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

const play = (screen: Screen, report = sample): void => {
  const live = liveConsole(screen as Terminal, () => 0)
  live.onStart?.({ suite: '0.1.0', target: 'example gateway 1.0.0', seed: 7, total: report.scenarios.length })
  live.onProgress?.('starting toxiproxy 2.12.0')
  for (const [i, s] of report.scenarios.entries()) {
    live.onScenarioStart?.(s.id)
    live.onScenario?.(s, i + 1, report.scenarios.length)
  }
  live.onEnd?.(report, { html: 'report.html' })
}

afterEach(() => vi.unstubAllEnvs())

test('away from a terminal there is one plain line per scenario and no escape sequence', () => {
  const screen = new Screen()
  play(screen)
  expect(screen.text).not.toContain('\u001B')
  const lines = screen.text.split('\n')
  expect(lines.slice(0, 6)).toEqual([
    'gauntlet 0.1.0 · example gateway 1.0.0 · seed 7 · 12 scenarios',
    'starting toxiproxy 2.12.0',
    '✓ wire/models-list  120 ms',
    '! wire/oversize-413  340 ms  400',
    '✗ streaming/upstream-eof-mid-stream  4.2 s  5/5  finish_reason "stop", then [DONE], clean close; 3 of 60 words arrived',
    '✗ streaming/client-disconnect  6.1 s  flaky 2/5  still open after 3.2 s in 2 of 20 requests',
  ])
  expect(lines).toContain('– embeddings/shape  0 ms  embeddings')
})

test.each([40, 80, 200])('on a terminal of %i columns one line changes and never reaches the last column', (columns) => {
  vi.stubEnv('NO_COLOR', '1')
  vi.stubEnv('FORCE_COLOR', undefined)
  const screen = new Screen({ isTTY: true, columns })
  play(screen)
  const frames = screen.text.split('\r\u001B[2K').slice(1)
  expect(frames.length).toBeGreaterThan(24)
  for (const frame of frames.slice(0, -1)) {
    expect(frame).not.toContain('\n')
    expect(displayWidth(frame)).toBeLessThan(columns)
  }
  expect(frames.at(-1)).toMatch(/^gauntlet 0\.1\.0/)
})

test('the changing line names what runs and counts what finished', () => {
  const screen = new Screen({ isTTY: true, columns: 100 })
  vi.stubEnv('NO_COLOR', '1')
  vi.stubEnv('FORCE_COLOR', undefined)
  const live = liveConsole(screen as Terminal, () => 0)
  live.onStart?.({ suite: '0.1.0', target: 't', seed: 1, total: 44 })
  for (const s of green(1).scenarios) live.onScenario?.(s, 1, 44)
  live.onScenarioStart?.('retries/a')
  live.onScenarioStart?.('retries/b')
  expect(screen.text.split('\u001B[2K').at(-1)).toBe('1/44  ✓ 1  0 ms  retries/a, retries/b')
  live.onEnd?.(green(1), {})
})

test.each([
  ['FORCE_COLOR', { FORCE_COLOR: '1', NO_COLOR: undefined }, {}, true],
  ['NO_COLOR on a terminal', { FORCE_COLOR: undefined, NO_COLOR: '1', COLORTERM: 'truecolor' }, { isTTY: true }, false],
  ['neither, on a terminal', { CI: undefined, TERM: 'xterm-256color', FORCE_COLOR: undefined, NO_COLOR: undefined, COLORTERM: 'truecolor' }, { isTTY: true }, true],
  ['neither, to a file', { FORCE_COLOR: undefined, NO_COLOR: undefined }, {}, false],
])('%s decides about colour', (_name, env, shape, coloured) => {
  for (const [key, value] of Object.entries(env)) vi.stubEnv(key, value)
  const screen = new Screen(shape)
  play(screen)
  expect(screen.text.includes('\u001B[31m')).toBe(coloured)
})

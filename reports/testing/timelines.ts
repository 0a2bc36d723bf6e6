import type { ScenarioReport, TimelineRow } from '../../schemas/report.ts'

type Timeline = ScenarioReport['timelines'][number]
type Side = TimelineRow['from']

const SIDES: Record<string, Side> = { c: 'caller', t: 'target', u: 'upstream' }

/** `row(3.1, 'u>t', 'chunk 1')`: who to whom by first letter; the same letter twice is something that happened there. */
export const row = (t: number, arrow: string, text: string, tone: TimelineRow['tone'] = 'plain', lane?: string): TimelineRow => ({
  t,
  from: SIDES[arrow[0] ?? ''] ?? 'caller',
  to: SIDES[arrow[2] ?? ''] ?? 'caller',
  ...(lane === undefined ? {} : { lane }),
  text,
  tone,
})

/** Chunks that the target hands on, one every `every` milliseconds. */
export const chunks = (start: number, first: number, last: number, every = 5, lane = 'primary'): TimelineRow[] =>
  Array.from({ length: last - first + 1 }, (_, i) => {
    const text = `chunk ${String(first + i)}`
    return [row(start + i * every, 'u>t', text, 'dim', lane), row(start + i * every + 0.4, 't>c', text, 'dim')]
  }).flat()

export const cutStream: Timeline = {
  nonce: 'n-7c1', label: 'request 1 of 20', rows: [
    row(0, 'c>t', 'POST chat, stream, nonce n-7c1'),
    row(0.8, 't>u', 'attempt 1', 'plain', 'primary'),
    row(3.1, 'u>t', '200 · chunk 1 “the”', 'plain', 'primary'),
    row(3.4, 't>c', '200 · chunk 1 “the”'),
    row(31, 'u>t', 'chunk 2', 'dim', 'primary'),
    row(31.3, 't>c', 'chunk 2', 'dim'),
    row(92, 'u>t', 'chunk 3', 'dim', 'primary'),
    row(92.3, 't>c', 'chunk 3', 'dim'),
    row(92.6, 'u>t', 'fault: FIN after chunk 3 of 60', 'fault', 'primary'),
    row(93, 't>c', 'finish_reason “stop”', 'bad'),
    row(94, 't>c', '[DONE] · clean close', 'bad'),
  ],
}

export const longStream: Timeline = {
  nonce: 'n-long', label: 'request 1 of 1', rows: [
    row(0, 'c>t', 'POST chat, stream'),
    row(0.7, 't>u', 'attempt 1', 'plain', 'primary'),
    row(2.9, 'u>t', '200 text/event-stream', 'plain', 'primary'),
    row(3.1, 't>c', '200 text/event-stream'),
    ...chunks(8, 1, 60),
    row(310, 'u>t', 'finish_reason "stop"', 'plain', 'primary'),
    row(310.4, 't>c', 'finish_reason "stop"'),
    row(311, 'u>t', '[DONE] · complete', 'plain', 'primary'),
    row(311.3, 't>c', '[DONE] · complete'),
  ],
}

export const fallback: Timeline = {
  nonce: 'n-fb', label: 'request 4 of 8, two lanes', rows: [
    row(0, 'c>t', 'POST chat, nonce n-fb'),
    row(0.6, 't>u', 'attempt 1', 'plain', 'primary'),
    row(1.4, 'u>t', 'fault: 503 Service Unavailable', 'fault', 'primary'),
    row(1.5, 't>t', 'waits 120 ms', 'dim'),
    row(121.9, 't>u', 'attempt 2', 'plain', 'primary'),
    row(122.8, 'u>u', 'holds the answer until released', 'fault', 'primary'),
    row(1122, 't>t', 'first-byte timeout'),
    row(1122.4, 't>u', 'closes', 'dim', 'primary'),
    row(1123, 't>u', 'attempt 1', 'plain', 'secondary'),
    row(1126, 'u>t', '200 · “the client waits for the next word the upstream falls”, 11 tokens', 'plain', 'secondary'),
    row(1126.4, 't>c', '200 · “the client waits for the next word the upstream falls”, 11 tokens'),
    row(1127, 'c>c', 'reads to the end'),
  ],
}

export const hostileTimeline: Timeline = {
  nonce: '"><script>alert(1)</script>', label: '</svg><script>alert(2)</script>', rows: [
    row(0, 'c>t', 'POST </text></svg><img src=x onerror=alert(3)> & "quotes" \'single\''),
    row(1, 't>u', 'header x: \u0000\u001B[31mred\u001B[0m \u202Ereversed', 'bad', '"><svg onload=alert(4)>'),
    row(2, 'u>t', '漢字の長い行'.repeat(20), 'fault', '"><svg onload=alert(4)>'),
    row(3, 't>c', 'A'.repeat(400), 'bad'),
  ],
}

export const halfOpen: Timeline = {
  nonce: 'n-half', label: 'probe after the cooldown', rows: [
    row(0, 'c>t', 'POST chat, 8 at once'),
    row(1.2, 't>u', 'attempt 1', 'plain', 'primary'),
    row(2.2, 'u>t', 'fault: 500', 'fault', 'primary'),
    row(83, 'c>c', 'harness was 81 ms late here', 'bad'),
    row(1004, 'c>t', 'POST chat'),
    row(1005, 't>u', 'attempt 1', 'plain', 'primary'),
    row(1007, 'u>t', '200', 'plain', 'primary'),
    row(1007.5, 't>c', '200'),
  ],
}

export const controlRow: Timeline = {
  nonce: 'n-ctl', label: 'control row: no gateway', rows: [row(0, 'c>u', 'POST chat', 'dim', 'primary'), row(2, 'u>c', '429, Retry-After: 2', 'fault', 'primary')],
}

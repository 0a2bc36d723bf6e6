import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'

/** One request of the load, as the k6 script saw it. Times are milliseconds since the first arrival. */
export interface LoadRequest {
  nonce: string
  kind: string
  startedAt: number
  /** Null when the request was interrupted. `ms` is meaningless unless it was answered. */
  end: { outcome: 'ok' | 'policy' | 'error' | 'timeout' | 'unsent'; reason: string; ms: number } | null
}

export interface LoadPoints {
  requests: LoadRequest[]
  /** When each arrival was dropped for want of a free virtual user. */
  droppedAt: number[]
  /** What is wrong with the file itself; such a run is not judged. */
  defects: string[]
}

const Point = z.object({
  metric: z.string(),
  data: z.object({
    time: z.string(),
    value: z.number(),
    tags: z
      .object({ kind: z.string().optional(), outcome: z.enum(['ok', 'policy', 'error', 'timeout', 'unsent']).optional(), reason: z.string().optional() })
      .nullish(),
    metadata: z.object({ nonce: z.string().optional() }).nullish(),
  }),
})
type Point = z.infer<typeof Point>

const WANTED = /"metric":"(?:gauntlet_started|gauntlet_ended|dropped_iterations)"/

/** Reads k6's `--out json=FILE.gz`. What cannot be read is a defect, never an empty run. */
export async function readPoints(file: string): Promise<LoadPoints> {
  const lines: string[] = []
  const defects: string[] = []
  // A k6 that was killed leaves a gzip file without an end; what came before it still counts as evidence.
  const gunzip = createGunzip()
  const source = createReadStream(file)
  source.on('error', (error) => gunzip.destroy(error))
  try {
    for await (const line of createInterface({ input: source.pipe(gunzip), crlfDelay: Infinity })) {
      if (WANTED.test(line) && line.includes('"type":"Point"')) lines.push(line)
    }
  } catch (error) {
    defects.push(`k6's points could not be read to the end: ${error instanceof Error ? error.message : String(error)}`)
  }
  const points = parsePoints(lines)
  return { ...points, defects: [...defects, ...points.defects] }
}

/** Joins the two points of each request by nonce. A started request without an end was interrupted. */
export function parsePoints(lines: readonly string[]): LoadPoints {
  const points = lines.flatMap((line) => parseLine(line) ?? [])
  const defects = points.length < lines.length ? [`${lines.length - points.length} of k6's points cannot be parsed`] : []
  const times = points.filter((point) => point.metric !== 'gauntlet_ended').map((point) => epoch(point.data.time))
  const origin = times.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY)

  const requests = new Map<string, LoadRequest>()
  const droppedAt: number[] = []
  for (const { metric, data } of points) {
    if (metric === 'dropped_iterations') for (let i = 0; i < data.value; i += 1) droppedAt.push(epoch(data.time) - origin)
    if (metric !== 'gauntlet_started') continue
    const nonce = data.metadata?.nonce ?? ''
    if (nonce === '' || requests.has(nonce)) defects.push(`request ${nonce || 'without a nonce'} started twice`)
    requests.set(nonce, { nonce, kind: data.tags?.kind ?? 'json', startedAt: epoch(data.time) - origin, end: null })
  }
  for (const { metric, data } of points) {
    if (metric !== 'gauntlet_ended') continue
    const request = requests.get(data.metadata?.nonce ?? '')
    const outcome = data.tags?.outcome
    if (request === undefined || request.end !== null || outcome === undefined) defects.push(`request ${data.metadata?.nonce ?? ''} ended without a start, twice or without an outcome`)
    else request.end = { outcome, reason: data.tags?.reason ?? outcome, ms: data.value }
  }
  return { requests: [...requests.values()].sort((a, b) => a.startedAt - b.startedAt), droppedAt: droppedAt.sort((a, b) => a - b), defects: summarise(defects) }
}

function parseLine(line: string): Point | undefined {
  try {
    return Point.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

/** RFC 3339 with nanoseconds to milliseconds with microseconds: Date.parse alone cuts to whole milliseconds. */
function epoch(time: string): number {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0'
  const whole = Date.parse(time.replace(/\.\d+/, ''))
  return whole + Math.round(Number(`0.${fraction}`) * 1e6) / 1e3
}

const summarise = (defects: string[]): string[] => (defects.length <= 3 ? defects : [...defects.slice(0, 2), `and ${defects.length - 2} more of the kind`])

import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Line = Record<string, unknown> & { readonly msg: string }

/** Keeps a gateway's log; `next` resolves with the n-th line that has this message, once it is written. */
export function keepLog() {
  const lines: Line[] = []
  const waiting: { msg: string; nth: number; resolve: (line: Line) => void }[] = []
  const found = (msg: string, nth: number): Line | undefined => lines.filter((line) => line.msg === msg)[nth - 1]
  return {
    lines,
    logTo: {
      write(text: string): void {
        lines.push(JSON.parse(text) as Line)
        for (const { msg, nth, resolve } of waiting) {
          const line = found(msg, nth)
          if (line !== undefined) resolve(line)
        }
      },
    },
    async next(msg: string, nth = 1): Promise<Line> {
      return found(msg, nth) ?? new Promise((resolve) => waiting.push({ msg, nth, resolve }))
    },
    get text(): string {
      return lines.map((line) => JSON.stringify(line)).join('\n')
    },
  }
}

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code?: number }
  readonly attributes: Readonly<Record<string, unknown>>
}

interface OtlpValue {
  readonly arrayValue?: { readonly values: readonly OtlpValue[] }
  readonly [type: string]: unknown
}

/** An OTLP endpoint on a free port: keeps the spans it gets. `answer` decides the status; undefined for no answer at all. */
export async function otlpReceiver(answer: () => number | undefined = () => 200) {
  const spans: ReceivedSpan[] = []
  const texts: string[] = []
  const paths: (string | undefined)[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (bytes: Buffer) => chunks.push(bytes))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      texts.push(text)
      paths.push(request.url)
      headers.push(request.headers)
      const status = answer()
      if (status === 200) spans.push(...spansIn(text))
      if (status !== undefined) response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    texts,
    paths,
    headers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function spansIn(text: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: (Omit<ReceivedSpan, 'attributes'> & { attributes: { key: string; value: OtlpValue }[] })[] }[] }[] }
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, attributes: Object.fromEntries(span.attributes.map(({ key, value }) => [key, plain(value)])) }))))
}

function plain(value: OtlpValue): unknown {
  return value.arrayValue === undefined ? Object.values(value)[0] : value.arrayValue.values.map(plain)
}

import http from 'node:http'
import https from 'node:https'
import { createParser } from 'eventsource-parser'
import { now } from '../timing.ts'
import { classify } from './k6/classify.ts'

/** One stream of the probe. Times in milliseconds; null when it never came to that. */
export interface StreamRecord {
  nonce: string
  /** Since the probe started. */
  startedAt: number
  status: number
  ttfbMs: number | null
  ttftContentMs: number | null
  /** Gaps between chunks with content; 0 when two came in one read. */
  gapsMs: number[]
  totalMs: number
  /** As in the load's ledger: `ok` only for a finish_reason and [DONE] without an error event. */
  outcome: string
  reason: string
}

export interface StreamRequest {
  url: string
  headers: Record<string, string>
  model: string
  nonce: string
  maxTokens: number
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Sends one streaming chat completion on a connection of its own and times what comes. Resolves for every ending,
 * a timeout included. node:http, because fetch reports headers late and takes a cut stream for a clean end on some Nodes.
 */
export async function measureStream(request: StreamRequest, origin: number): Promise<StreamRecord> {
  const start = now()
  const record: StreamRecord = { nonce: request.nonce, startedAt: start - origin, status: 0, ttfbMs: null, ttftContentMs: null, gapsMs: [], totalMs: 0, outcome: 'error', reason: '' }
  let body = ''
  let lastContent = 0
  const parser = createParser({
    onEvent: ({ data }) => {
      if (!hasContent(data)) return
      const at = now()
      if (record.ttftContentMs === null) record.ttftContentMs = at - start
      else record.gapsMs.push(at - lastContent)
      lastContent = at
    },
  })
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)])
  let transport = ''
  try {
    const response = await send(request, signal)
    record.ttfbMs = now() - start
    const status = response.statusCode ?? 0
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
      body += chunk
      parser.feed(chunk)
    }
    record.status = status
  } catch (error) {
    transport = error instanceof Error ? error.message : String(error)
  }
  record.totalMs = now() - start
  if (request.signal.aborted) return { ...record, outcome: 'unsent', reason: 'stopped' }
  if (signal.aborted) return { ...record, outcome: 'timeout', reason: 'timeout' }
  const judged = classify({ status: record.status, body, transport }, true)
  // Cut in mid-body: the head came, so this is a stream that broke and not a target that was away.
  const reason = judged.reason === 'transport' && record.ttfbMs !== null ? 'cut' : judged.reason
  return { ...record, outcome: judged.outcome, reason }
}

function send(request: StreamRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { url, headers, model, nonce, maxTokens } = request
  const body = JSON.stringify({ model, stream: true, max_tokens: maxTokens, messages: [{ role: 'user', content: `[gauntlet:${nonce}] Tell me about the weather.` }] })
  return new Promise((resolve, reject) => {
    const outgoing = (url.startsWith('https:') ? https : http).request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-request-id': nonce, 'user-agent': 'gauntlet/slo-streams' },
    })
    outgoing.once('response', resolve)
    // Stays: node:http raises the error of a broken response here as well, after the promise is settled.
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function hasContent(data: string): boolean {
  try {
    const chunk = JSON.parse(data) as { choices?: { delta?: { content?: unknown } }[] } | null
    const content = chunk?.choices?.[0]?.delta?.content
    return typeof content === 'string' && content !== ''
  } catch {
    return false
  }
}

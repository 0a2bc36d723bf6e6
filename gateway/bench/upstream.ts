import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { answerParent, collect } from './parent.ts'

/**
 * The one fixed upstream of the benchmark, as a process of its own. JSON: one canned completion. Streams: as many chunks as the
 * user-agent says, as far apart on average, each with the time it was written (nanoseconds of the monotonic clock, which all processes of a machine share).
 */
const answer = Buffer.from(JSON.stringify({
  id: 'chatcmpl-bench', object: 'chat.completion', created: 1_700_000_000, model: 'tiny', system_fingerprint: 'fp_bench',
  choices: [{ index: 0, message: { role: 'assistant', content: 'The client waits for the next word. '.repeat(16), refusal: null }, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 40, completion_tokens: 128, total_tokens: 168 },
}))

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'tiny', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`

function stream(response: ServerResponse, chunks: number, gapMs: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(chunk({ role: 'assistant', content: '' }))
  let sent = 0
  let due = performance.now()
  // Apart as tokens come, not in step: timers that are set anew by their own callbacks and were late together once stay so for
  // good, and after a few pauses of the machine two hundred streams are a dozen bursts.
  const next = (): void => {
    if (response.destroyed) return
    response.write(chunk({ content: `t${process.hrtime.bigint()} ` }))
    if (++sent < chunks) {
      due += gapMs * (0.5 + Math.random())
      setTimeout(next, Math.max(0, due - performance.now()))
      return
    }
    response.write(chunk({}, 'stop'))
    response.end('data: [DONE]\n\n')
  }
  next()
}

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    const chunks = Number(request.headers['user-agent']?.match(/chunks=(\d+)/)?.[1] ?? 0)
    const gapMs = Number(request.headers['user-agent']?.match(/gap=(\d+)/)?.[1] ?? 0)
    if (chunks > 0) stream(response, chunks, gapMs)
    else response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer)
  })
})
server.listen(0, '127.0.0.1', 4096, () => answerParent((server.address() as AddressInfo).port, {
  collect,
  connections: () => promisify(server.getConnections.bind(server))(),
}))

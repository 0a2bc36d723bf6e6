import { z } from 'zod'
import type { Attempt, Exchange } from '../evidence/types.ts'
import { at, attemptsOf, bodyJson, faultPhase, outcome, parseJson, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** Tool calls put together from deltas the way an SDK does: by index. A delta without an index is lost, as it is there. */
const assemble = (chunks: unknown[]): string => {
  const calls = new Map<number, { id: unknown; name: unknown; arguments: string }>()
  for (const chunk of chunks) {
    const deltas = at(chunk, 'choices', 0, 'delta', 'tool_calls')
    for (const delta of Array.isArray(deltas) ? deltas : []) {
      const index = at(delta, 'index')
      if (typeof index !== 'number') continue
      const call = calls.get(index) ?? { id: at(delta, 'id'), name: at(delta, 'function', 'name'), arguments: '' }
      calls.set(index, { ...call, arguments: call.arguments + (typeof at(delta, 'function', 'arguments') === 'string' ? String(at(delta, 'function', 'arguments')) : '') })
    }
  }
  return JSON.stringify([...calls].sort(([a], [b]) => a - b).map(([, call]) => call))
}

const ofMessage = (body: unknown): string => {
  const calls = at(body, 'choices', 0, 'message', 'tool_calls')
  return JSON.stringify((Array.isArray(calls) ? calls : []).map((c: unknown) => ({ id: at(c, 'id'), name: at(c, 'function', 'name'), arguments: at(c, 'function', 'arguments') })))
}

const got = (x: Exchange): string => (x.request.stream ? assemble(streamOf(x).events.map((e) => e.json)) : ofMessage(bodyJson(x)))
const sent = (a: Attempt): string => (a.body ? ofMessage(parseJson(a.body.text)) : assemble(a.events.map((e) => parseJson(e.text))))

export const toolsExactCheck = defineCheck({
  name: 'tools-exact',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'the tool calls of the upstream: ids, names and arguments byte for byte', (x) => {
      if (x.head?.status !== 200 || x.end?.how !== 'complete') return outcome(x)
      const calls = got(x)
      const upstream = attemptsOf(evidence, x.question).map(sent).filter((s) => s !== '[]')
      return upstream.includes(calls) ? null : `the caller got ${calls.slice(0, 200)}; the upstream sent ${upstream[0]?.slice(0, 200) ?? 'none'}`
    }),
})

/** Tool calls arrive as the upstream made them; arguments are text and nobody's to rewrite. */
export const toolsExact = () => checkData(toolsExactCheck, {})

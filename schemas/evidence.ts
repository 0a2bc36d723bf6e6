import { z } from 'zod'

const t = z.number().describe('monotonic milliseconds of the harness')
const headers = z.array(z.tuple([z.string(), z.string()])).describe('as they came, in order, secrets replaced')

/** client.jsonl: what the caller did and saw. `data` is base64 of the raw bytes, chunk by chunk as the socket gave them. */
export const ClientRecord = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('request'), t, nonce: z.string(), window: z.string(), label: z.string(),
    method: z.string(), path: z.string(), headers, body: z.string(), stream: z.boolean(),
    question: z.string().optional().describe('nonce in its text where that is not its own: it asks what an earlier request asked'),
  }),
  z.strictObject({ kind: z.literal('head'), t, nonce: z.string(), status: z.number(), headers }),
  z.strictObject({ kind: z.literal('bytes'), t, nonce: z.string(), data: z.string() }),
  z.strictObject({ kind: z.literal('abort'), t, nonce: z.string() }),
  z.strictObject({
    kind: z.literal('end'), t, nonce: z.string(),
    how: z.enum(['complete', 'cut', 'reset', 'refused', 'aborted', 'gave-up']).describe('cut: ended short of its framing; gave-up: our own bound expired'),
    detail: z.string(),
  }),
])
export type ClientRecord = z.infer<typeof ClientRecord>

/** upstream.jsonl: what one upstream call brought and what the scripted upstream put on the wire. `id` names the attempt. */
export const UpstreamRecord = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('request'), t, id: z.string(), lane: z.string(), nonce: z.string().nullable(), attempt: z.number().int(),
    method: z.string(), path: z.string(), headers, body: z.string(),
  }),
  z.strictObject({ kind: z.literal('head'), t, id: z.string(), status: z.number(), headers }),
  z.strictObject({ kind: z.literal('event'), t, id: z.string(), index: z.number().int(), text: z.string() }),
  z.strictObject({ kind: z.literal('body'), t, id: z.string(), text: z.string() }),
  z.strictObject({ kind: z.literal('fault'), t, id: z.string(), fault: z.string(), detail: z.string() }),
  z.strictObject({ kind: z.literal('held'), t, id: z.string(), index: z.number().int(), released: z.enum(['caller', 'expired']) }),
  z.strictObject({ kind: z.literal('peer-closed'), t, id: z.string(), during: z.enum(['before-head', 'body', 'after-end']) }),
  z.strictObject({ kind: z.literal('end'), t, id: z.string(), how: z.enum(['complete', 'fin', 'rst', 'peer-closed', 'stopped']) }),
])
export type UpstreamRecord = z.infer<typeof UpstreamRecord>

/** engine.jsonl: phases, faults, processes, and everything that speaks for or against the harness itself. */
export const DiaryRecord = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('window'), t, window: z.string() }),
  z.strictObject({ kind: z.literal('inject'), t, fault: z.string(), detail: z.string() }),
  z.strictObject({ kind: z.literal('heal'), t, fault: z.string(), ok: z.boolean(), detail: z.string() }),
  z.strictObject({ kind: z.literal('step'), t, step: z.string(), detail: z.string() }),
  z.strictObject({ kind: z.literal('control-row'), t, script: z.string(), nonce: z.string(), deviation: z.string().nullable() }),
  z.strictObject({ kind: z.literal('lag'), t, ms: z.number() }),
  z.strictObject({ kind: z.literal('process'), t, name: z.string(), event: z.enum(['signal', 'exit', 'start']), detail: z.string() }),
  z.strictObject({ kind: z.literal('wait-expired'), t, wait: z.string(), ms: z.number() }),
  z.strictObject({ kind: z.literal('probe'), t, path: z.string(), status: z.number().nullable(), ms: z.number() }),
])
export type DiaryRecord = z.infer<typeof DiaryRecord>

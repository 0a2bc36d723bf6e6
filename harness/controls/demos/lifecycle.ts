import { chunk, endOf, good, refuse, sse, WHOLE, within, type Exchange, type Reply, type Rig, type Script } from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

/** A caller leaves once the upstream was asked; what the upstream then sees of it. */
const leaves = async (rig: Rig, body: object): Promise<'freed' | 'held'> => {
  const before = rig.seen.length
  const stop = new AbortController()
  const gone = rig.chat(body, { signal: stop.signal }).catch(() => null)
  await rig.until(() => rig.seen.length > before, 500)
  stop.abort()
  await gone
  return (await within(400, rig.seen[before]?.closed ?? Promise.resolve())) === 'hangs' ? 'held' : 'freed'
}
const either: Script = ({ json, res }) => json['stream'] === true && sse(res, chunk({ content: 'one' }))
const patient = { firstByteMs: 1000, idleMs: 1000 }
/** One stream lives while the gateway drains; the upstream ends it once the observation is made. */
const draining = (look: (rig: Rig) => Promise<unknown>) => async (rig: Rig): Promise<unknown[]> => {
  const live: Promise<Reply> = rig.stream()
  await rig.callerSaw('one', 500)
  const drained = rig.gateway.drain()
  const seen = await look(rig)
  rig.note('go on')
  const reply = await live
  await drained
  return [seen, endOf(reply)]
}
const onHold = async ({ rig, json, res, number }: Exchange): Promise<unknown> => {
  if (number > 1) return good({ json, res } as never)
  sse(res, chunk({ content: 'one' }))
  await rig.until(() => rig.notes.length > 0, 500)
  return sse(res, ...WHOLE, '[DONE]').end()
}
const slow = { idleMs: 1000 }

export const lifecycle: Record<string, Demo> = {
  'no-cancel': { scripts: either, timing: patient, show: async (rig) => [await leaves(rig, {}), await leaves(rig, { stream: true })], honest: ['freed', 'freed'], broken: ['held', 'held'] },
  'cancel-only-streams': { scripts: either, timing: patient, show: async (rig) => [await leaves(rig, {}), await leaves(rig, { stream: true })], honest: ['freed', 'freed'], broken: ['held', 'freed'] },
  'retry-after-abort': {
    scripts: (x) => (x.json['stream'] === true ? either(x) : refuse(429, undefined, { 'retry-after': '0.1' })(x)),
    timing: patient,
    async show(rig) {
      const stop = new AbortController()
      const gone = rig.chat({}, { signal: stop.signal }).catch(() => null)
      await rig.until(() => rig.seen.length === 1, 500)
      await rig.seen[0]?.closed
      stop.abort()
      await gone
      const again = await rig.until(() => rig.seen.length > 1, 500)
      return [again, await leaves(rig, { stream: true })]
    },
    honest: [false, 'freed'], broken: [true, 'freed'],
  },
  'drain-cuts-streams': { scripts: onHold, timing: slow, show: draining(async (rig) => rig.until(() => false, 30)), honest: [false, 'done1, clean'], broken: [false, 'error, cut'] },
  'drain-takes-work': { scripts: onHold, timing: slow, show: draining(async (rig) => (await rig.chat()).status), honest: [503, 'done1, clean'], broken: [200, 'done1, clean'] },
  'health-always-ok': { scripts: onHold, timing: slow, show: draining(async (rig) => (await rig.send('/health/ready')).status), honest: [503, 'done1, clean'], broken: [200, 'done1, clean'] },
  'liveness-follows-upstream': {
    scripts: refuse(500), async show(rig) {
      const before = (await rig.send('/health/live')).status
      await rig.chat()
      await rig.chat()
      return [before, (await rig.send('/health/live')).status]
    },
    honest: [200, 200], broken: [200, 503],
  },
}

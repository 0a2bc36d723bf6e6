import { setTimeout as sleep } from 'node:timers/promises'
import { chunk, good, inTurn, refuse, sse, within, type Rig, type Script } from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

const part = chunk({ content: 'one' })
const limited = inTurn(refuse(429, undefined, { 'retry-after': '0.25' }), good)
const asked = async (rig: Rig): Promise<unknown[]> => {
  const { status } = await rig.chat()
  return [status, rig.seen.length]
}
const statusAfter = (count: number, model = 'gauntlet-chat') => async (rig: Rig): Promise<number> => {
  for (let n = 0; n < count; n += 1) await rig.chat()
  return (await rig.chat({ model })).status
}
/** Five 500s open the breaker; after its cooldown the upstream is slow and well. */
const healing = inTurn(...Array.from({ length: 5 }, () => refuse(500)), async (x) => {
  await sleep(300)
  await good(x)
})
const herd = async (rig: Rig): Promise<number> => {
  await statusAfter(1)(rig)
  await sleep(430)
  await Promise.all(Array.from({ length: 6 }, () => rig.chat()))
  return rig.seen.length - 5
}
/** Whether a call ends by itself, and whether the upstream is free once its caller left. */
const hangs = (body: object) => async (rig: Rig): Promise<unknown[]> => {
  const stop = new AbortController()
  const reply = rig.chat(body, { signal: stop.signal }).catch(() => null)
  const how = (await within(1000, reply)) === 'hangs' ? 'hangs' : 'ends'
  stop.abort()
  const freed = await within(400, rig.seen[0]?.closed ?? Promise.resolve())
  return [how, freed === 'hangs' ? 'held' : 'freed']
}

export const retries: Record<string, Demo> = {
  'retry-400': { scripts: refuse(400), show: asked, honest: [400, 1], broken: [400, 3] },
  'retry-storm-20': { scripts: refuse(503), show: asked, honest: [503, 3], broken: [503, 20] },
  'no-retry': { scripts: inTurn(refuse(503), good), show: asked, honest: [200, 2], broken: [503, 1] },
  'ignore-retry-after': {
    scripts: limited, async show(rig) {
      const { status } = await rig.chat()
      return [status, (rig.seen[1]?.at ?? 0) - (rig.seen[0]?.at ?? 0) > 245]
    },
    honest: [200, true], broken: [200, false],
  },
  'retry-without-jitter': {
    scripts: (x) => (x.rig.seen.filter((seen) => seen.headers['x-request-id'] === x.headers['x-request-id']).length === 1 ? refuse(503)(x) : good(x)),
    timing: { backoffBaseMs: 100, backoffCapMs: 100, breakerFailures: 100 },
    // One after the other: a process that is stopped for a moment delays all that wait at once.
    async show(rig) {
      for (let n = 0; n < 8; n += 1) {
        await rig.chat({}, { headers: { 'x-request-id': `req-${n}` } })
        const [first, second] = rig.seen.slice(-2)
        if ((second?.at ?? 0) - (first?.at ?? 0) < 95) return false
      }
      return true
    },
    honest: false, broken: true,
  },
  'no-fallback': { scripts: { primary: refuse(501), secondary: good }, show: async (rig) => (await rig.chat({ model: 'gauntlet-fallback' })).status, honest: 200, broken: 501 },
  'fallback-order-reversed': {
    scripts: { primary: good, secondary: good },
    async show(rig) {
      await rig.chat({ model: 'gauntlet-fallback' })
      return rig.seen.map((x) => x.lane)
    },
    honest: ['primary'], broken: ['secondary'],
  },
  'breaker-never-opens': { scripts: refuse(500), show: async (rig) => [await statusAfter(4)(rig), rig.seen.length], honest: [503, 5], broken: [500, 15] },
  'breaker-never-recovers': {
    scripts: healing, async show(rig) {
      const shed = await statusAfter(2)(rig)
      await sleep(430)
      return [shed, (await rig.chat()).status]
    },
    timing: { firstByteMs: 1200 }, honest: [503, 200], broken: [503, 503],
  },
  'breaker-half-open-flood': { scripts: healing, show: async (rig) => [await statusAfter(1)(rig), await herd(rig)], timing: { firstByteMs: 1200 }, honest: [500, 1], broken: [500, 6] },
  'breaker-global': { scripts: { primary: refuse(500), secondary: good }, show: statusAfter(2, 'gauntlet-second'), honest: 200, broken: 503 },
  'breaker-sheds-slowly': {
    scripts: refuse(500), async show(rig) {
      await statusAfter(2)(rig)
      // The quickest of three: a process that is stopped for a moment is no gateway that waits.
      let quickest = Number.POSITIVE_INFINITY
      let status = 0
      for (let n = 0; n < 3; n += 1) {
        const start = performance.now()
        status = (await rig.chat()).status
        quickest = Math.min(quickest, performance.now() - start)
      }
      return [status, quickest < 100]
    },
    timing: { breakerCooldownMs: 2000 }, honest: [503, true], broken: [503, false],
  },
  'abort-trips-breaker': {
    scripts: (x) => (x.number > 5 ? good(x) : sse(x.res, part)),
    async show(rig) {
      for (let n = 1; n <= 5; n += 1) {
        const stop = new AbortController()
        const gone = rig.stream({}, { signal: stop.signal }).catch(() => null)
        await rig.until(() => rig.seen.length === n, 500)
        stop.abort()
        await Promise.all([gone, rig.seen[n - 1]?.closed])
      }
      return (await rig.chat()).status
    },
    timing: { breakerCooldownMs: 2000, idleMs: 1000 }, honest: 200, broken: 503,
  },
  'client-error-trips-breaker': { scripts: inTurn(...Array.from({ length: 5 }, () => refuse(400)), good), show: statusAfter(5), honest: 200, broken: 503 },
  'hang-on-stall': { scripts: ({ res }) => sse(res, part), show: hangs({ stream: true }), honest: ['ends', 'freed'], broken: ['hangs', 'freed'] },
  'hang-on-silence': { scripts: () => {}, show: hangs({}), honest: ['ends', 'freed'], broken: ['hangs', 'freed'] },
  impatient: {
    scripts: (async (x) => {
      await sleep(150)
      await good(x)
    }) satisfies Script,
    show: async (rig) => (await rig.chat()).status, timing: { firstByteMs: 500 }, honest: 200, broken: 504,
  },
}

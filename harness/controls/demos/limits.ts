import { good, LIMITED_KEY, within, type Reply, type Rig } from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

const limited = { headers: { authorization: `Bearer ${LIMITED_KEY}` } }
const ask = async (rig: Rig): Promise<Reply> => rig.chat({}, limited)
const admitted = (replies: readonly Reply[]): number => replies.filter(({ status }) => status === 200).length
const together = async (rig: Rig): Promise<number> => admitted(await Promise.all(Array.from({ length: 12 }, async () => ask(rig))))
const inTurn = async (rig: Rig, count: number): Promise<Reply[]> => {
  const replies: Reply[] = []
  for (let n = 0; n < count; n += 1) replies.push(await ask(rig))
  return replies
}
/** Nothing comes back while a demonstration looks. */
const still = { limitPerSecond: 0.01 }

export const limits: Record<string, Demo> = {
  'limit-off-by-one': { scripts: good, timing: still, show: async (rig) => admitted(await inTurn(rig, 5)), honest: 3, broken: 4 },
  'limit-counts-refused': {
    scripts: good, timing: { limitBurst: 1, limitPerSecond: 2 },
    // One comes back in 500 ms, or never to a caller who asks every 50 ms.
    async show(rig) {
      await inTurn(rig, 2)
      for (let n = 0; n < 20; n += 1) {
        await rig.until(() => false, 50)
        if ((await ask(rig)).status === 200) return 'let in'
      }
      return 'never'
    },
    honest: 'let in', broken: 'never',
  },
  'limit-racy': { scripts: good, timing: still, show: async (rig) => (await together(rig)) > 3, honest: false, broken: true },
  'limit-open-when-lost': { scripts: good, timing: still, redis: 'absent', show: together, honest: 3, broken: 12 },
  'limit-waits-for-redis': { scripts: good, timing: still, redis: 'silent', show: async (rig) => (await within(1000, ask(rig))) === 'hangs', honest: false, broken: true },
  'limit-headers-missing': {
    scripts: good, timing: still, show: async (rig) => (await inTurn(rig, 4)).map(({ headers }) => headers['x-ratelimit-remaining']), honest: ['2', '1', '0', '0'], broken: [undefined, undefined, undefined, undefined],
  },
  'limit-forwards-refused': { scripts: good, timing: still, show: async (rig) => [admitted(await inTurn(rig, 4)), rig.seen.length], honest: [3, 3], broken: [3, 4] },
  'limit-global': {
    scripts: good, timing: still, show: async (rig) => [(await rig.chat()).status, admitted(await inTurn(rig, 4)), (await rig.chat()).status], honest: [200, 3, 200], broken: [200, 3, 429],
  },
}

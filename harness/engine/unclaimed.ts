import type { Report } from '../../schemas/report.ts'
import { exchange } from '../client/exchange.ts'
import type { ExchangeResult } from '../client/exchange.ts'
import { outgoing } from '../client/request.ts'
import { timing } from '../timing.ts'
import type { Cell } from './cell.ts'
import { plainSend } from './traffic.ts'

type Step = typeof plainSend
interface Probe {
  step: Step
  works: (seen: ExchangeResult) => boolean
}

const ok = (seen: ExchangeResult): boolean => seen.status === 200 && seen.how === 'complete'

/** One request for each feature that one request can show. */
const probes: Record<string, Probe> = {
  'chat.stream': { step: { ...plainSend, stream: true }, works: (s) => ok(s) && s.text.includes('data:') },
  'chat.stream.usage': { step: { ...plainSend, stream: true, body: { stream_options: { include_usage: true } } }, works: (s) => ok(s) && /"usage":\s*\{/.test(s.text) },
  embeddings: { step: { ...plainSend, to: 'embeddings' }, works: (s) => ok(s) && s.text.includes('"embedding"') },
  models: { step: { ...plainSend, to: 'models' }, works: (s) => ok(s) && s.text.includes('"data"') },
  auth: { step: { ...plainSend, auth: 'wrong' }, works: (s) => s.status === 401 },
}

/** Asks for what the target does not claim, one request each; what works all the same is a warning: its claims are incomplete. */
export const unclaimedButThere = async (cell: Cell): Promise<Report['observed']> => {
  const { claims, models } = cell.options.target
  const rows: Report['observed'] = []
  for (const [feature, probe] of Object.entries(probes)) {
    if (claims.features.some((claimed) => claimed === feature)) continue
    if (feature === 'embeddings' && models.embeddings === undefined) continue
    const nonce = `probe-${rows.length}-${feature.replaceAll('.', '-')}`
    cell.upstream.expect(nonce)
    const out = outgoing(probe.step, nonce, cell.options.target, cell.keys.caller, 'unclaimed')
    const seen = await exchange({
      nonce, window: 'baseline', label: 'unclaimed', url: cell.targetURL(`${cell.target.basePath}${out.path}`), method: out.method, headers: out.headers, body: out.body,
      stream: probe.step.stream, secrets: cell.secrets, giveUpMs: timing.probeMs,
    })
    if (probe.works(seen)) rows.push({ claim: feature, declared: 'not claimed', observed: 'works', verdict: 'warn' })
  }
  return rows
}

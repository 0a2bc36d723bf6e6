import type { Report } from '../../schemas/report.ts'
import { fullestMoment } from '../checks/at-once.ts'
import { halfOpenCalls } from '../checks/breaker.ts'
import { longestSilence } from '../checks/keep-alive.ts'
import { limitExactCheck } from '../checks/limit-exact.ts'
import { admissionOf } from '../evidence/admission.ts'
import type { Evidence } from '../evidence/types.ts'
import { attemptsOf, faultAttempts, faultPhase } from '../evidence/views.ts'
import { rateLimitOf } from '../scenario.ts'
import { timing } from '../timing.ts'

type Row = Report['observed'][number]
type Observer = { scenario: string; observe: (evidence: Evidence) => Row[] }

const row = (claim: string, declared: string, observed: string, ok: boolean): Row => ({ claim, declared, observed, verdict: ok ? 'pass' : 'fail' })
const max = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), 0)
const tookMs = (evidence: Evidence): number => Math.round(max(faultPhase(evidence).map((x) => (x.end?.t ?? x.request.t) - x.request.t)))

/** What one scenario's evidence says about a number that the target claims. */
const observers: Observer[] = [
  {
    scenario: 'errors/upstream-503',
    observe: (e) => {
      const retries = max(faultPhase(e).map((x) => attemptsOf(e, x.nonce, 'primary').length)) - 1
      if (retries < 0) return []
      return [row('retries', `${e.claims.retry.retries}`, `${retries}`, retries === e.claims.retry.retries)]
    },
  },
  {
    scenario: 'breaker/opens',
    observe: (e) => {
      const calls = faultPhase(e, ['trip']).flatMap((x) => attemptsOf(e, x.nonce, 'primary')).length
      return [row('breaker opens after', `${e.claims.breaker.failures} failures`, `${calls}`, calls === e.claims.breaker.failures)]
    },
  },
  {
    scenario: 'breaker/half-open-herd',
    observe: (e) => {
      const calls = halfOpenCalls(e, 'herd').length
      return [row('half-open probes', `${e.claims.breaker.probes}`, calls === 0 ? 'none seen' : `${calls}`, calls > 0 && calls <= e.claims.breaker.probes)]
    },
  },
  {
    scenario: 'limits/burst-exact',
    observe: (e) => [row('requests at once', `${rateLimitOf(e.claims).burst}`, `${admissionOf(e, ['burst']).admitted.length}`, limitExactCheck.judge(e, { labels: ['burst'] }).verdict !== 'fail')],
  },
  {
    scenario: 'queue/sheds',
    observe: (e) => {
      const calls = fullestMoment(faultAttempts(e)).length
      return [row('upstream calls at a time', `${e.claims.queue.concurrency}`, calls === 0 ? 'none seen' : `${calls}`, calls > 0 && calls <= e.claims.queue.concurrency)]
    },
  },
  {
    scenario: 'streaming/keep-alive',
    observe: (e) => {
      const ms = Math.round(max(faultPhase(e).map(longestSilence)))
      return [row('silence in a stream', `${e.claims.keepAlive.everyMs} ms`, `${ms} ms`, ms <= e.claims.keepAlive.everyMs + timing.graceMs)]
    },
  },
  {
    scenario: 'timeouts/hang-before-head',
    observe: (e) => {
      const ms = tookMs(e)
      return [row('first byte within', `${e.claims.timeouts.firstByteMs} ms`, `gave up after ${ms} ms`, ms <= e.claims.timeouts.firstByteMs + timing.graceMs)]
    },
  },
  {
    scenario: 'cancellation/mid-stream',
    observe: (e) => {
      const lags = faultPhase(e).flatMap((x) => attemptsOf(e, x.nonce).map((a) => (a.end && x.abortedAt !== undefined ? a.end.t - x.abortedAt : Infinity)))
      // No call seen is no cancellation seen, not the fastest of all.
      const worst = lags.length === 0 ? Infinity : max(lags)
      return [row('cancellation within', `${e.claims.cancellation.withinMs} ms`, Number.isFinite(worst) ? `${Math.round(worst)} ms` : 'not seen', worst <= e.claims.cancellation.withinMs)]
    },
  },
]

/** Claimed against observed, for the claims whose scenario was executed. */
export const observedClaims = (evidence: readonly Evidence[]): Row[] =>
  observers.flatMap(({ scenario, observe }) => {
    const found = evidence.find((e) => e.scenario.id === scenario)
    return found && faultPhase(found).length > 0 ? observe(found) : []
  })

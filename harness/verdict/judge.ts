import type { CheckResult } from '../../schemas/report.ts'
import type { Requirement, Verdict } from '../../schemas/verdict.ts'
import { worst } from '../../schemas/verdict.ts'
import type { Judgement } from '../checks/check.ts'
import { checks } from '../checks/index.ts'
import type { Evidence } from '../evidence/types.ts'
import { faultAttempts, isRelayed, lagOf } from '../evidence/views.ts'
import { timing } from '../timing.ts'
import { MODEL_LOST } from '../upstream/model-relay.ts'
import { isScripted, plannedFaults } from '../engine/plan.ts'

export interface Judged {
  verdict: Verdict
  reason?: string
  checks: CheckResult[]
  /** True when the verdict is unknown for a reason of the harness, so that measuring again may settle it. */
  again: boolean
}

interface Doubt {
  reason: string
  /** Measuring once more may settle it. */
  again: boolean
  /** A failure proves nothing either. */
  voids: boolean
}

/** Why nothing that passed in this evidence proves anything; null when the evidence is sound. */
const unsound = (evidence: Evidence): Doubt | null => {
  const control = evidence.diary.find((f) => f.kind === 'control-row' && f.deviation !== null)
  if (control?.kind === 'control-row') return { reason: `the control row failed: ${control.script}: ${control.deviation}`, again: true, voids: true }
  const faults = plannedFaults(evidence.scenario, evidence.claims)
  if (faults.length > 0) {
    // A target that was asked once only had never been healthy, and nothing of ours will make it so.
    const tries = evidence.exchanges.filter((x) => x.window === 'baseline').length
    const baseline = evidence.exchanges.filter((x) => x.window === 'baseline').at(-1)
    if (!baseline || !isRelayed(baseline, evidence)) return { reason: 'the target was not healthy before the fault', again: tries !== 1, voids: true }
  }
  const lost = evidence.attempts.flatMap((a) => a.faults).find((f) => f.fault === MODEL_LOST)
  if (lost) return { reason: `the language model went away: ${lost.detail}`, again: true, voids: true }
  if (!evidence.diary.some((f) => f.kind === 'window' && f.window === 'end')) return { reason: 'the scenario did not run to its end', again: true, voids: true }
  const heal = evidence.diary.find((f) => f.kind === 'heal' && !f.ok)
  if (heal?.kind === 'heal') return { reason: `a fault was not healed: ${heal.fault}: ${heal.detail}`, again: true, voids: true }
  const expired = evidence.diary.find((f) => f.kind === 'wait-expired')
  if (expired?.kind === 'wait-expired') return { reason: `the harness waited ${expired.ms} ms in vain for ${expired.wait}`, again: false, voids: false }
  const slow = evidence.scenario.upstream === 'model' ? slowestModel(evidence) : 0
  if (slow > evidence.claims.timeouts.firstByteMs * 0.8) return { reason: `the model itself took ${Math.round(slow)} ms`, again: true, voids: true }
  const emitted = new Set(faultAttempts(evidence).flatMap((a) => a.faults.map((f) => f.fault)))
  const silent = faults.find((f) => isScripted(f) && !emitted.has(f.data.kind))
  if (silent) return { reason: `the fault was never put on the wire: ${silent.sentence}`, again: false, voids: false }
  const injected = evidence.diary.flatMap((f) => (f.kind === 'inject' ? [f.detail] : []))
  const absent = faults.find((f) => !injected.includes(f.sentence))
  return absent ? { reason: `the fault was not injected: ${absent.sentence}`, again: true, voids: true } : null
}

/** The longest that the model let the target wait for its first byte, in milliseconds; its own slowness is not the target's. */
const slowestModel = (evidence: Evidence): number => Math.max(0, ...faultAttempts(evidence).map((a) => (a.head ?? a.end ?? a.request).t - a.request.t))

/**
 * How much lag a check can bear, in milliseconds. What a check times itself bears little; under a heavy load the target's
 * own limits run out when the machine is starved, so there half of the shortest of them is the bound.
 */
const tolerance = ({ claims, scenario }: Evidence, timed: boolean): number => {
  if (timed) return timing.maxLagMs
  return scenario.exclusive ? Math.min(claims.timeouts.firstByteMs, claims.timeouts.idleMs) / 2 : Infinity
}

const safely = (evidence: Evidence, name: string, params: unknown): Judgement => {
  const check = checks.get(name)
  const unknown = (reason: string): Judgement => ({ verdict: 'unknown', expected: '', actual: '', nonces: [], reason })
  if (!check) return unknown(`no check is called ${JSON.stringify(name)}`)
  try {
    return check.judge(evidence, check.params.parse(params))
  } catch (error) {
    return unknown(`the check itself failed: ${String(error)}`)
  }
}

/** What a failed check amounts to: a SHOULD warns unless strict, an OBSERVE only records. */
const weigh = (verdict: Judgement['verdict'], level: Requirement['level'], strict: boolean): Verdict => {
  if (verdict !== 'fail' || level === 'MUST' || level === 'MAY') return verdict
  if (level === 'SHOULD') return strict ? 'fail' : 'warn'
  return 'pass'
}

/**
 * Judges one execution: a pure function of its evidence. A fault that never was, a control row that failed or a harness
 * that lagged turns a pass into `unknown`; a failure stays a failure unless the evidence itself is unsound.
 */
export const judge = (evidence: Evidence, options: { strict: boolean }): Judged => {
  const doubt = unsound(evidence)
  const lag = lagOf(evidence)
  let again = false
  const results = evidence.scenario.checks.map(({ check: name, params }): CheckResult => {
    const found = safely(evidence, name, params)
    const { expected, actual, nonces } = found
    const lagged = lag > tolerance(evidence, checks.get(name)?.timed === true)
    if (lagged) {
      again = true
      return { name, verdict: 'unknown', expected, actual, nonces, reason: `harness lag ${Math.round(lag)} ms` }
    }
    if (doubt && (found.verdict === 'pass' || doubt.voids)) {
      again ||= doubt.again
      return { name, verdict: 'unknown', expected, actual, nonces, reason: doubt.reason }
    }
    again ||= found.verdict === 'unknown' && found.again === true
    const verdict = weigh(found.verdict, evidence.scenario.requirement.level, options.strict)
    return { name, verdict, expected, actual, nonces, ...(found.reason === undefined ? {} : { reason: found.reason }) }
  })
  const verdict = worst(results.map((r) => r.verdict))
  const reason = verdict === 'unknown' ? (results.find((r) => r.verdict === 'unknown')?.reason ?? 'no check') : undefined
  return { verdict, checks: results, again: again && verdict === 'unknown', ...(reason === undefined ? {} : { reason }) }
}


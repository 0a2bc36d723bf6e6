import { aliveAfterCheck } from './alive-after.ts'
import { answerExactCheck } from './answer-exact.ts'
import { attemptsCheck } from './attempts.ts'
import { breakerOpensCheck, probesAtMostCheck, shedsFastCheck } from './breaker.ts'
import type { Check } from './check.ts'
import { doneOnceCheck } from './done-once.ts'
import { embeddingsExactCheck } from './embeddings-exact.ts'
import { endsWithinCheck } from './ends-within.ts'
import { errorEnvelopeCheck } from './error-envelope.ts'
import { exitsCleanlyCheck } from './exits-cleanly.ts'
import { headersAbsentCheck } from './headers-absent.ts'
import { lockStepCheck } from './lock-step.ts'
import { noCrossTalkCheck } from './no-cross-talk.ts'
import { noSilentTruncationCheck } from './no-silent-truncation.ts'
import { paramsFaithfulCheck } from './params-faithful.ts'
import { probeStatusCheck } from './probe-status.ts'
import { retryAfterForwardedCheck } from './retry-after-forwarded.ts'
import { retryGapCheck } from './retry-gap.ts'
import { retrySpreadCheck } from './retry-spread.ts'
import { roleFirstCheck } from './role-first.ts'
import { sameIdCheck } from './same-id.ts'
import { schemaCheck } from './schema.ts'
import { secretAbsentCheck } from './secret-absent.ts'
import { sseGrammarCheck } from './sse-grammar.ts'
import { statusIsCheck } from './status-is.ts'
import { tookAtLeastCheck } from './took-at-least.ts'
import { toolsExactCheck } from './tools-exact.ts'
import { upstreamStopsCheck } from './upstream-stops.ts'
import { usageCheck } from './usage.ts'
import { wordsBeforeCutCheck } from './words-before-cut.ts'

const all: Check[] = [
  aliveAfterCheck, answerExactCheck, attemptsCheck, breakerOpensCheck, doneOnceCheck, embeddingsExactCheck, endsWithinCheck, errorEnvelopeCheck, exitsCleanlyCheck,
  headersAbsentCheck, lockStepCheck, noCrossTalkCheck, noSilentTruncationCheck, paramsFaithfulCheck, probesAtMostCheck, probeStatusCheck, retryAfterForwardedCheck, retryGapCheck, retrySpreadCheck, roleFirstCheck, sameIdCheck,
  schemaCheck, secretAbsentCheck, shedsFastCheck, sseGrammarCheck, statusIsCheck, tookAtLeastCheck, toolsExactCheck, upstreamStopsCheck, usageCheck, wordsBeforeCutCheck,
]

/** Every check by its name. */
export const checks: ReadonlyMap<string, Check> = new Map(all.map((check) => [check.name, check]))

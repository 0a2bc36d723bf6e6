import type { Scenario } from '../harness/index.ts'
import breakerCloses from './breaker/closes.ts'
import breakerHalfOpenHerd from './breaker/half-open-herd.ts'
import breakerImmuneToAborts from './breaker/immune-to-aborts.ts'
import breakerImmuneToClientErrors from './breaker/immune-to-client-errors.ts'
import breakerOpens from './breaker/opens.ts'
import breakerPerUpstream from './breaker/per-upstream.ts'
import breakerShedsFast from './breaker/sheds-fast.ts'
import cacheAnotherKey from './cache/another-key.ts'
import cacheCutStream from './cache/cut-stream.ts'
import cacheErrors from './cache/errors.ts'
import cacheHit from './cache/hit.ts'
import cacheNoStore from './cache/no-store.ts'
import cacheParameters from './cache/parameters.ts'
import cacheStream from './cache/stream.ts'
import cancellationBeforeHead from './cancellation/before-head.ts'
import cancellationDuringBackoff from './cancellation/during-backoff.ts'
import cancellationMidStream from './cancellation/mid-stream.ts'
import errorsRetryAfterForwarded from './errors/retry-after-forwarded.ts'
import errorsStreamHtml from './errors/stream-html.ts'
import errorsUpstream400 from './errors/upstream-400.ts'
import errorsUpstream401 from './errors/upstream-401.ts'
import errorsUpstream404 from './errors/upstream-404.ts'
import errorsUpstream429 from './errors/upstream-429.ts'
import errorsUpstream500 from './errors/upstream-500.ts'
import errorsUpstream503 from './errors/upstream-503.ts'
import errorsUpstreamHtml from './errors/upstream-html.ts'
import fallbackNotMidStream from './fallback/not-mid-stream.ts'
import fallbackOrder from './fallback/order.ts'
import fallbackPrimaryDown from './fallback/primary-down.ts'
import fallbackPrimaryHangs from './fallback/primary-hangs.ts'
import isolationHundredStreams from './isolation/hundred-streams.ts'
import lifecycleDrain from './lifecycle/drain.ts'
import lifecycleHealth from './lifecycle/health.ts'
import lifecycleReadyFollowsRedis from './lifecycle/ready-follows-redis.ts'
import limitsBurstExact from './limits/burst-exact.ts'
import limitsHeadersTrue from './limits/headers-true.ts'
import limitsPerKey from './limits/per-key.ts'
import limitsRedisLost from './limits/redis-lost.ts'
import limitsRedisSlow from './limits/redis-slow.ts'
import limitsRefusedCostNothing from './limits/refused-cost-nothing.ts'
import limitsRetryAfterTrue from './limits/retry-after-true.ts'
import modelChat from './model/chat.ts'
import modelStream from './model/stream.ts'
import networkBandwidth from './network/bandwidth.ts'
import networkLatency from './network/latency.ts'
import networkResetPeer from './network/reset-peer.ts'
import networkSlicer from './network/slicer.ts'
import networkTimeout from './network/timeout.ts'
import queueSheds from './queue/sheds.ts'
import redactionAcrossChunks from './redaction/across-chunks.ts'
import redactionWhole from './redaction/whole.ts'
import retries429RetryAfter from './retries/429-retry-after.ts'
import retries500Once from './retries/500-once.ts'
import retriesBound from './retries/bound.ts'
import retriesClosedBeforeHead from './retries/closed-before-head.ts'
import retriesConnectionRefused from './retries/connection-refused.ts'
import retriesJitter from './retries/jitter.ts'
import retriesNever400 from './retries/never-400.ts'
import securityCallerKey from './security/caller-key.ts'
import securityUpstreamAddress from './security/upstream-address.ts'
import securityUpstreamKey from './security/upstream-key.ts'
import streamingChatStream from './streaming/chat-stream.ts'
import streamingChatStreamStrict from './streaming/chat-stream-strict.ts'
import streamingDoneOnce from './streaming/done-once.ts'
import streamingIdConstant from './streaming/id-constant.ts'
import streamingKeepAlive from './streaming/keep-alive.ts'
import streamingLockStep from './streaming/lock-step.ts'
import streamingNoSecondHalf from './streaming/no-second-half.ts'
import streamingRoleFirst from './streaming/role-first.ts'
import streamingSseGrammar from './streaming/sse-grammar.ts'
import streamingToolCalls from './streaming/tool-calls.ts'
import streamingUpstreamErrorEvent from './streaming/upstream-error-event.ts'
import streamingUpstreamFinMidStream from './streaming/upstream-fin-mid-stream.ts'
import streamingUpstreamHalfCharacter from './streaming/upstream-half-character.ts'
import streamingUpstreamHalfEvent from './streaming/upstream-half-event.ts'
import streamingUpstreamMalformedEvent from './streaming/upstream-malformed-event.ts'
import streamingUpstreamRstMidStream from './streaming/upstream-rst-mid-stream.ts'
import streamingUpstreamStall from './streaming/upstream-stall.ts'
import streamingUsageChunk from './streaming/usage-chunk.ts'
import streamingUtf8Split from './streaming/utf8-split.ts'
import streamingVarianceBom from './streaming/variance-bom.ts'
import streamingVarianceComments from './streaming/variance-comments.ts'
import streamingVarianceCr from './streaming/variance-cr.ts'
import streamingVarianceCrlf from './streaming/variance-crlf.ts'
import streamingVarianceMultiline from './streaming/variance-multiline.ts'
import streamingVarianceNospace from './streaming/variance-nospace.ts'
import streamingVarianceUnknownFields from './streaming/variance-unknown-fields.ts'
import timeoutsHangBeforeHead from './timeouts/hang-before-head.ts'
import timeoutsHangBeforeStream from './timeouts/hang-before-stream.ts'
import timeoutsSlowFirstWord from './timeouts/slow-first-word.ts'
import timeoutsSlowHead from './timeouts/slow-head.ts'
import wireAuthMissingKey from './wire/auth-missing-key.ts'
import wireAuthWrongKey from './wire/auth-wrong-key.ts'
import wireCannotStream from './wire/cannot-stream.ts'
import wireChatJson from './wire/chat-json.ts'
import wireChatJsonStrict from './wire/chat-json-strict.ts'
import wireChatUsage from './wire/chat-usage.ts'
import wireEmbeddings from './wire/embeddings.ts'
import wireEmbeddingsBase64 from './wire/embeddings-base64.ts'
import wireFinishReason from './wire/finish-reason.ts'
import wireHopByHop from './wire/hop-by-hop.ts'
import wireMalformedJson from './wire/malformed-json.ts'
import wireMessageTooLong from './wire/message-too-long.ts'
import wireMissingMessages from './wire/missing-messages.ts'
import wireModelInCapitals from './wire/model-in-capitals.ts'
import wireModelsList from './wire/models-list.ts'
import wireParamsFaithful from './wire/params-faithful.ts'
import wireRequestId from './wire/request-id.ts'
import wireToolCalls from './wire/tool-calls.ts'
import wireUnknownModel from './wire/unknown-model.ts'

/** Every scenario by its id, which is its path. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'breaker/closes': breakerCloses,
  'breaker/half-open-herd': breakerHalfOpenHerd,
  'breaker/immune-to-aborts': breakerImmuneToAborts,
  'breaker/immune-to-client-errors': breakerImmuneToClientErrors,
  'breaker/opens': breakerOpens,
  'breaker/per-upstream': breakerPerUpstream,
  'breaker/sheds-fast': breakerShedsFast,
  'cache/another-key': cacheAnotherKey,
  'cache/cut-stream': cacheCutStream,
  'cache/errors': cacheErrors,
  'cache/hit': cacheHit,
  'cache/no-store': cacheNoStore,
  'cache/parameters': cacheParameters,
  'cache/stream': cacheStream,
  'cancellation/before-head': cancellationBeforeHead,
  'cancellation/during-backoff': cancellationDuringBackoff,
  'cancellation/mid-stream': cancellationMidStream,
  'errors/retry-after-forwarded': errorsRetryAfterForwarded,
  'errors/stream-html': errorsStreamHtml,
  'errors/upstream-400': errorsUpstream400,
  'errors/upstream-401': errorsUpstream401,
  'errors/upstream-404': errorsUpstream404,
  'errors/upstream-429': errorsUpstream429,
  'errors/upstream-500': errorsUpstream500,
  'errors/upstream-503': errorsUpstream503,
  'errors/upstream-html': errorsUpstreamHtml,
  'fallback/not-mid-stream': fallbackNotMidStream,
  'fallback/order': fallbackOrder,
  'fallback/primary-down': fallbackPrimaryDown,
  'fallback/primary-hangs': fallbackPrimaryHangs,
  'isolation/hundred-streams': isolationHundredStreams,
  'lifecycle/drain': lifecycleDrain,
  'lifecycle/health': lifecycleHealth,
  'lifecycle/ready-follows-redis': lifecycleReadyFollowsRedis,
  'limits/burst-exact': limitsBurstExact,
  'limits/headers-true': limitsHeadersTrue,
  'limits/per-key': limitsPerKey,
  'limits/redis-lost': limitsRedisLost,
  'limits/redis-slow': limitsRedisSlow,
  'limits/refused-cost-nothing': limitsRefusedCostNothing,
  'limits/retry-after-true': limitsRetryAfterTrue,
  'model/chat': modelChat,
  'model/stream': modelStream,
  'network/bandwidth': networkBandwidth,
  'network/latency': networkLatency,
  'network/reset-peer': networkResetPeer,
  'network/slicer': networkSlicer,
  'network/timeout': networkTimeout,
  'queue/sheds': queueSheds,
  'redaction/across-chunks': redactionAcrossChunks,
  'redaction/whole': redactionWhole,
  'retries/429-retry-after': retries429RetryAfter,
  'retries/500-once': retries500Once,
  'retries/bound': retriesBound,
  'retries/closed-before-head': retriesClosedBeforeHead,
  'retries/connection-refused': retriesConnectionRefused,
  'retries/jitter': retriesJitter,
  'retries/never-400': retriesNever400,
  'security/caller-key': securityCallerKey,
  'security/upstream-address': securityUpstreamAddress,
  'security/upstream-key': securityUpstreamKey,
  'streaming/chat-stream': streamingChatStream,
  'streaming/chat-stream-strict': streamingChatStreamStrict,
  'streaming/done-once': streamingDoneOnce,
  'streaming/id-constant': streamingIdConstant,
  'streaming/keep-alive': streamingKeepAlive,
  'streaming/lock-step': streamingLockStep,
  'streaming/no-second-half': streamingNoSecondHalf,
  'streaming/role-first': streamingRoleFirst,
  'streaming/sse-grammar': streamingSseGrammar,
  'streaming/tool-calls': streamingToolCalls,
  'streaming/upstream-error-event': streamingUpstreamErrorEvent,
  'streaming/upstream-fin-mid-stream': streamingUpstreamFinMidStream,
  'streaming/upstream-half-character': streamingUpstreamHalfCharacter,
  'streaming/upstream-half-event': streamingUpstreamHalfEvent,
  'streaming/upstream-malformed-event': streamingUpstreamMalformedEvent,
  'streaming/upstream-rst-mid-stream': streamingUpstreamRstMidStream,
  'streaming/upstream-stall': streamingUpstreamStall,
  'streaming/usage-chunk': streamingUsageChunk,
  'streaming/utf8-split': streamingUtf8Split,
  'streaming/variance-bom': streamingVarianceBom,
  'streaming/variance-comments': streamingVarianceComments,
  'streaming/variance-cr': streamingVarianceCr,
  'streaming/variance-crlf': streamingVarianceCrlf,
  'streaming/variance-multiline': streamingVarianceMultiline,
  'streaming/variance-nospace': streamingVarianceNospace,
  'streaming/variance-unknown-fields': streamingVarianceUnknownFields,
  'timeouts/hang-before-head': timeoutsHangBeforeHead,
  'timeouts/hang-before-stream': timeoutsHangBeforeStream,
  'timeouts/slow-first-word': timeoutsSlowFirstWord,
  'timeouts/slow-head': timeoutsSlowHead,
  'wire/auth-missing-key': wireAuthMissingKey,
  'wire/auth-wrong-key': wireAuthWrongKey,
  'wire/cannot-stream': wireCannotStream,
  'wire/chat-json': wireChatJson,
  'wire/chat-json-strict': wireChatJsonStrict,
  'wire/chat-usage': wireChatUsage,
  'wire/embeddings': wireEmbeddings,
  'wire/embeddings-base64': wireEmbeddingsBase64,
  'wire/finish-reason': wireFinishReason,
  'wire/hop-by-hop': wireHopByHop,
  'wire/malformed-json': wireMalformedJson,
  'wire/message-too-long': wireMessageTooLong,
  'wire/missing-messages': wireMissingMessages,
  'wire/model-in-capitals': wireModelInCapitals,
  'wire/models-list': wireModelsList,
  'wire/params-faithful': wireParamsFaithful,
  'wire/request-id': wireRequestId,
  'wire/tool-calls': wireToolCalls,
  'wire/unknown-model': wireUnknownModel,
}

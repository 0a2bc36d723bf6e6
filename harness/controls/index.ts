import type { Control } from './proxy/control.ts'
import abortTripsBreaker from './abort-trips-breaker.ts'
import acceptAnyKey from './accept-any-key.ts'
import acceptNoKey from './accept-no-key.ts'
import bad200Passed from './bad-200-passed.ts'
import bomKept from './bom-kept.ts'
import breakerGlobal from './breaker-global.ts'
import breakerHalfOpenFlood from './breaker-half-open-flood.ts'
import breakerNeverOpens from './breaker-never-opens.ts'
import breakerNeverRecovers from './breaker-never-recovers.ts'
import breakerShedsSlowly from './breaker-sheds-slowly.ts'
import bufferWholeStream from './buffer-whole-stream.ts'
import cacheByMessages from './cache-by-messages.ts'
import cacheIgnoresNoStore from './cache-ignores-no-store.ts'
import cacheIgnoresTenant from './cache-ignores-tenant.ts'
import cacheKeepsCutStreams from './cache-keeps-cut-streams.ts'
import cacheKeepsErrors from './cache-keeps-errors.ts'
import cacheOff from './cache-off.ts'
import cacheSplitsOnBlanks from './cache-splits-on-blanks.ts'
import cancelOnlyStreams from './cancel-only-streams.ts'
import changeTemperature from './change-temperature.ts'
import clientErrorTripsBreaker from './client-error-trips-breaker.ts'
import clipAnswer from './clip-answer.ts'
import commentAsData from './comment-as-data.ts'
import crNotParsed from './cr-not-parsed.ts'
import crlfNotParsed from './crlf-not-parsed.ts'
import crosstalkUnderLoad from './crosstalk-under-load.ts'
import doneTwice from './done-twice.ts'
import drainCutsStreams from './drain-cuts-streams.ts'
import drainTakesWork from './drain-takes-work.ts'
import dropLastDelta from './drop-last-delta.ts'
import embeddingsAsFloats from './embeddings-as-floats.ts'
import embeddingsRounded from './embeddings-rounded.ts'
import errs5Percent from './errs-5-percent.ts'
import failoverMidStream from './failover-mid-stream.ts'
import fallbackOrderReversed from './fallback-order-reversed.ts'
import finishAlwaysStop from './finish-always-stop.ts'
import flatError from './flat-error.ts'
import forwardCallerKey from './forward-caller-key.ts'
import forwardHopHeaders from './forward-hop-headers.ts'
import forwardInvalidFields from './forward-invalid-fields.ts'
import forwardMalformedJson from './forward-malformed-json.ts'
import hangOnSilence from './hang-on-silence.ts'
import hangOnStall from './hang-on-stall.ts'
import healthAlwaysOk from './health-always-ok.ts'
import htmlError from './html-error.ts'
import idPerChunk from './id-per-chunk.ts'
import ignoreRetryAfter from './ignore-retry-after.ts'
import impatient from './impatient.ts'
import inBandSwallowed from './in-band-swallowed.ts'
import keepAliveAsData from './keep-alive-as-data.ts'
import leakUpstreamHost from './leak-upstream-host.ts'
import leakUpstreamKey from './leak-upstream-key.ts'
import liar404 from './liar-404.ts'
import liarEcho from './liar-echo.ts'
import liarEmpty200 from './liar-empty-200.ts'
import liarHtml from './liar-html.ts'
import liarSilent from './liar-silent.ts'
import limitCountsRefused from './limit-counts-refused.ts'
import limitForwardsRefused from './limit-forwards-refused.ts'
import limitGlobal from './limit-global.ts'
import limitHeadersMissing from './limit-headers-missing.ts'
import limitOffByOne from './limit-off-by-one.ts'
import limitOpenWhenLost from './limit-open-when-lost.ts'
import limitRacy from './limit-racy.ts'
import limitWaitsForRedis from './limit-waits-for-redis.ts'
import livenessFollowsUpstream from './liveness-follows-upstream.ts'
import longMessagesTaken from './long-messages-taken.ts'
import malformedEventPassed from './malformed-event-passed.ts'
import map400To502 from './map-400-to-502.ts'
import map429To500 from './map-429-to-500.ts'
import modelCaseMatters from './model-case-matters.ts'
import modelsBareArray from './models-bare-array.ts'
import multilineFirstLine from './multiline-first-line.ts'
import noCancel from './no-cancel.ts'
import noDone from './no-done.ts'
import noFallback from './no-fallback.ts'
import noKeepAlive from './no-keep-alive.ts'
import noRetry from './no-retry.ts'
import nospaceNotParsed from './nospace-not-parsed.ts'
import optionalFieldsDropped from './optional-fields-dropped.ts'
import queueWithoutEnd from './queue-without-end.ts'
import queueWithoutSlots from './queue-without-slots.ts'
import redactDropsChunk from './redact-drops-chunk.ts'
import redactNothing from './redact-nothing.ts'
import redactPerChunk from './redact-per-chunk.ts'
import requestIdReplaced from './request-id-replaced.ts'
import resetOnUpstreamError from './reset-on-upstream-error.ts'
import retry400 from './retry-400.ts'
import retryAfterAbort from './retry-after-abort.ts'
import retryAfterEpoch from './retry-after-epoch.ts'
import retryMidStreamSilently from './retry-mid-stream-silently.ts'
import retryStorm20 from './retry-storm-20.ts'
import retryWithoutJitter from './retry-without-jitter.ts'
import roleMissing from './role-missing.ts'
import silentCut from './silent-cut.ts'
import splitUtf8Corrupt from './split-utf8-corrupt.ts'
import streamAnyway from './stream-anyway.ts'
import streamAsJsonType from './stream-as-json-type.ts'
import stripRetryAfter from './strip-retry-after.ts'
import swallow500As200 from './swallow-500-as-200.ts'
import swallowEofAsDone from './swallow-eof-as-done.ts'
import toolArgsReparsed from './tool-args-reparsed.ts'
import toolIndexLost from './tool-index-lost.ts'
import unknownModel200 from './unknown-model-200.ts'
import upstream401Passed from './upstream-401-passed.ts'
import usageChunkDropped from './usage-chunk-dropped.ts'
import usageZero from './usage-zero.ts'

/** Every control, by name. */
export const controls: readonly Control[] = [
  abortTripsBreaker,
  acceptAnyKey,
  acceptNoKey,
  bad200Passed,
  bomKept,
  breakerGlobal,
  breakerHalfOpenFlood,
  breakerNeverOpens,
  breakerNeverRecovers,
  breakerShedsSlowly,
  bufferWholeStream,
  cacheByMessages,
  cacheIgnoresNoStore,
  cacheIgnoresTenant,
  cacheKeepsCutStreams,
  cacheKeepsErrors,
  cacheOff,
  cacheSplitsOnBlanks,
  cancelOnlyStreams,
  changeTemperature,
  clientErrorTripsBreaker,
  clipAnswer,
  commentAsData,
  crNotParsed,
  crlfNotParsed,
  crosstalkUnderLoad,
  doneTwice,
  drainCutsStreams,
  drainTakesWork,
  dropLastDelta,
  embeddingsAsFloats,
  embeddingsRounded,
  errs5Percent,
  failoverMidStream,
  fallbackOrderReversed,
  finishAlwaysStop,
  flatError,
  forwardCallerKey,
  forwardHopHeaders,
  forwardInvalidFields,
  forwardMalformedJson,
  hangOnSilence,
  hangOnStall,
  healthAlwaysOk,
  htmlError,
  idPerChunk,
  ignoreRetryAfter,
  impatient,
  inBandSwallowed,
  keepAliveAsData,
  leakUpstreamHost,
  leakUpstreamKey,
  liar404,
  liarEcho,
  liarEmpty200,
  liarHtml,
  liarSilent,
  limitCountsRefused,
  limitForwardsRefused,
  limitGlobal,
  limitHeadersMissing,
  limitOffByOne,
  limitOpenWhenLost,
  limitRacy,
  limitWaitsForRedis,
  livenessFollowsUpstream,
  longMessagesTaken,
  malformedEventPassed,
  map400To502,
  map429To500,
  modelCaseMatters,
  modelsBareArray,
  multilineFirstLine,
  noCancel,
  noDone,
  noFallback,
  noKeepAlive,
  noRetry,
  nospaceNotParsed,
  optionalFieldsDropped,
  queueWithoutEnd,
  queueWithoutSlots,
  redactDropsChunk,
  redactNothing,
  redactPerChunk,
  requestIdReplaced,
  resetOnUpstreamError,
  retry400,
  retryAfterAbort,
  retryAfterEpoch,
  retryMidStreamSilently,
  retryStorm20,
  retryWithoutJitter,
  roleMissing,
  silentCut,
  splitUtf8Corrupt,
  streamAnyway,
  streamAsJsonType,
  stripRetryAfter,
  swallow500As200,
  swallowEofAsDone,
  toolArgsReparsed,
  toolIndexLost,
  unknownModel200,
  upstream401Passed,
  usageChunkDropped,
  usageZero,
]

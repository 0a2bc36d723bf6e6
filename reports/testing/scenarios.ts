import type { CheckResult, ScenarioReport } from '../../schemas/report.ts'
import type { Requirement } from '../../schemas/verdict.ts'
import { controlRow, cutStream, fallback, halfOpen, hostileTimeline, longStream, row } from './timelines.ts'

export const HOSTILE = '</script><svg onload=alert(1)>'

const requirement = (id: string, level: Requirement['level'], origin: Requirement['origin'], text: string, source: string): Requirement => ({ id, level, origin, text, source })
const ok = (name: string, expected: string, actual: string): CheckResult => ({ name, verdict: 'pass', expected, actual, nonces: [] })

const scenario = (s: Pick<ScenarioReport, 'id' | 'title' | 'requirement' | 'verdict'> & Partial<ScenarioReport>): ScenarioReport => ({
  features: ['chat'], flaky: null, checks: [], timelines: [], durationMs: 120, evidence: `scenarios/${s.id}`,
  repro: `npx gauntlet run --only ${s.id} --seed 7`, ...s,
})

export const scenarios: ScenarioReport[] = [
  scenario({
    id: 'wire/models-list', title: 'the model list has the documented shape', verdict: 'pass', features: ['models'],
    requirement: requirement('core.models.list-shape', 'MUST', 'schema', 'GET /v1/models answers an object "list" whose items have an id.', 'OpenAI OpenAPI document, ListModelsResponse'),
    checks: [ok('schema', 'valid ListModelsResponse', 'valid, 3 models'), ok('status', '200', '200')],
    timelines: [{ nonce: 'n-m', label: 'request 1 of 1', rows: [row(0, 'c>t', 'GET /v1/models'), row(0.4, 't>t', 'answers by itself', 'dim'), row(0.9, 't>c', '200 · 3 models')] }],
  }),
  scenario({
    id: 'wire/oversize-413', title: 'a body above the limit is refused with 413', verdict: 'warn', durationMs: 340,
    requirement: requirement('core.request.oversize-413', 'SHOULD', 'rfc', 'A server that refuses a request because its content is too large SHOULD answer 413.', 'RFC 9110 section 15.5.14, https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14'),
    checks: [{ name: 'status-is', verdict: 'warn', expected: '413', actual: '400', nonces: ['n-big'] }, ok('nothing-upstream', '0 attempts', '0 attempts')],
    timelines: [{ nonce: 'n-big', label: 'request 1 of 1', rows: [row(0, 'c>t', 'POST chat, 33 MB'), row(12, 't>c', '400 · “body too large”', 'bad')] }],
  }),
  scenario({
    id: 'streaming/upstream-eof-mid-stream', title: 'upstream ends the stream after the third chunk', verdict: 'fail', features: ['chat.stream'],
    flaky: { failed: 5, of: 5 }, durationMs: 4200,
    requirement: requirement('fault.cut.visible', 'MUST', 'de-facto', 'A stream that the upstream did not finish must not look finished: the caller sees an in-stream error or an abnormal close, never a finish_reason and [DONE].', 'openai-node 7, src/core/streaming.ts: ends without error at [DONE]'),
    checks: [
      { name: 'no-silent-truncation', verdict: 'fail', expected: 'error event, or connection closed abnormally', actual: 'finish_reason "stop", then [DONE], clean close; 3 of 60 words arrived', nonces: ['n-7c1', 'n-7c2', 'n-7c9'] },
      { name: 'usage-honest', verdict: 'warn', expected: 'no usage, or the tokens that were sent', actual: '{"prompt_tokens":9,"completion_tokens":60,"total_tokens":69}', nonces: ['n-7c1'] },
      ok('no-repeated-text', 'no word twice', 'no word twice in 20 streams'), ok('attempts-at-most', '3 (claims.retry)', '1'), ok('alive-after', '200 within 1 s', '200 after 4 ms'),
    ],
    timelines: [cutStream],
  }),
  scenario({
    id: 'streaming/client-disconnect', title: 'the caller hangs up in mid-stream', verdict: 'fail', features: ['chat.stream', 'cancellation'], flaky: { failed: 2, of: 5 }, durationMs: 6100,
    requirement: requirement('cancel.upstream-closed', 'MUST', 'house', 'When the caller goes, the upstream call is closed within the claimed time.', 'claims.cancellation.withinMs'),
    checks: [{ name: 'upstream-closed-within', verdict: 'fail', expected: 'closed within 1000 ms', actual: 'still open after 3.2 s in 2 of 20 requests', nonces: ['n-d4', 'n-d11'] }],
    timelines: [{ nonce: 'n-d4', label: 'request 4 of 20', rows: [
      row(0, 'c>t', 'POST chat, stream'), row(0.7, 't>u', 'attempt 1', 'plain', 'primary'), row(3, 'u>t', '200 · chunk 1', 'plain', 'primary'), row(3.3, 't>c', '200 · chunk 1'),
      row(5, 'c>t', 'closes the socket', 'fault'), row(1005, 'u>u', 'still sending: chunk 201', 'bad', 'primary'), row(3205, 'u>t', 'chunk 641 of 641, nobody reads', 'bad', 'primary'),
    ] }],
  }),
  scenario({
    id: 'streaming/sse-comments', title: 'comments, CRLF and split characters change nothing', verdict: 'pass', features: ['chat.stream'], durationMs: 890,
    requirement: requirement('chat.stream.sse-variance', 'MUST', 'rfc', 'Legal but unusual SSE bytes do not change the text a caller sees.', 'WHATWG HTML 9.2'),
    checks: [ok('same-text', '60 words', '60 words'), ok('events-in-order', 'chunk 1 to 60', 'chunk 1 to 60')], timelines: [longStream],
  }),
  scenario({
    id: 'streaming/error-echo', title: `an upstream error body with markup: ${HOSTILE}`, verdict: 'fail', flaky: { failed: 5, of: 5 }, durationMs: 77,
    requirement: requirement('core.error.envelope', 'MUST', 'vendor-doc', `An error is an object with "error" – not ${HOSTILE} as text.`, '<b onmouseover=alert(1)>docs</b>'),
    checks: [{ name: 'envelope <i>', verdict: 'fail', expected: `{"error":{…}} & no ${HOSTILE}`, actual: `<html>${HOSTILE}\u0000\u001B[2J\u202E]]>]]></html>`, nonces: ['"><script>alert(1)</script>'] }],
    timelines: [hostileTimeline], repro: `npx gauntlet run --only 'streaming/error-echo' --target "x'><script>" --seed 7`,
  }),
  scenario({
    id: 'retries/retry-after-honoured', title: 'Retry-After is waited for', verdict: 'pass', features: ['retry', 'retry-after'], durationMs: 2300,
    requirement: requirement('retry.after.honoured', 'MUST', 'rfc', 'The next attempt is not sent before Retry-After has passed.', 'RFC 9110 section 10.2.3'),
    checks: [ok('pause-at-least', '2000 ms', '2004 ms'), ok('attempts', '2', '2')], timelines: [controlRow],
  }),
  scenario({
    id: 'retries/fallback-second-lane', title: 'the secondary upstream answers when the primary does not', verdict: 'pass', features: ['retry', 'fallback', 'timeouts'], durationMs: 1300,
    requirement: requirement('fallback.answers', 'MUST', 'house', 'A claimed fallback answers the request when every attempt on the primary failed.', 'claims: fallback'),
    checks: [ok('answered', '200 from secondary', '200 from secondary'), ok('attempts-at-most', '3', '3')], timelines: [fallback],
  }),
  scenario({
    id: 'breaker/half-open-herd', title: 'one probe while half-open', verdict: 'unknown', reason: 'harness lag 81 ms', features: ['breaker'], durationMs: 1500,
    requirement: requirement('breaker.half-open.probes', 'MUST', 'house', 'While half-open no more than the claimed number of probes reaches the upstream.', 'claims.breaker.probes'),
    checks: [{ name: 'probes-at-most', verdict: 'unknown', expected: '1 probe', actual: '1 probe seen, window not trusted', nonces: ['n-half'], reason: 'harness lag 81 ms, limit 50 ms' }, ok('opens', 'after 3', 'after 3')],
    timelines: [halfOpen],
  }),
  scenario({
    id: 'breaker/shared-state', title: 'replicas share the open breaker', verdict: 'skipped', reason: 'redis not found: gauntlet install redis', features: ['breaker', 'health.redis'], evidence: null, durationMs: 0,
    requirement: requirement('breaker.shared', 'MUST', 'house', 'A breaker opened by one replica is open on the other.', 'claims: health.redis'),
  }),
  scenario({
    id: 'cancellation/queued', title: 'a queued request is dropped when its caller goes', verdict: 'pass', features: ['cancellation'], durationMs: 610,
    requirement: requirement('cancel.queued', 'MAY', 'de-facto', 'A request that no caller waits for is not sent upstream.', 'openai-python 2, tests/test_client.py'), checks: [ok('attempts', '0', '0')],
  }),
  scenario({
    id: 'embeddings/shape', title: 'embeddings have the documented shape', verdict: 'not_supported', reason: 'embeddings', features: ['embeddings'], evidence: null, durationMs: 0,
    requirement: requirement('embeddings.shape', 'MUST', 'schema', 'POST /v1/embeddings answers a list of vectors.', 'OpenAI OpenAPI document, CreateEmbeddingResponse'),
  }),
]

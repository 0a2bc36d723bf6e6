import { attempt, chunk, completion, DONE, errorBody, evidence, finish, jsonExchange, role, streamExchange, wholeStream, word } from '../evidence/fixture.ts'
import { answerExactCheck } from './answer-exact.ts'
import { examples } from './testing/examples.ts'

const up = (nonce: string) => attempt(nonce, { events: wholeStream('A', ' B') })
const stream = (events: Parameters<typeof streamExchange>[1], more: Parameters<typeof streamExchange>[2] = {}) => evidence({ exchanges: [streamExchange('a', events, more)], attempts: [up('a')] })
const json = (body: object | string, more: Parameters<typeof jsonExchange>[2] = {}) => evidence({ exchanges: [jsonExchange('a', body, more)], attempts: [attempt('a', { body: completion('A B') })] })
const second = (content: string, reason: string | null = null) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [{ index: 1, delta: { content }, finish_reason: reason }] })

examples(answerExactCheck, {
  params: {},
  passes: {
    'a stream': stream(wholeStream('A', ' B')),
    'a JSON answer': json(completion('A B')),
    'words cut otherwise than the upstream cut them': stream([role, word('A '), word('B'), finish(), DONE]),
    'a role in each delta, empty deltas, comments, usage: null': stream([chunk({ role: 'assistant', content: 'A' }, null, { usage: null }), { raw: ': keep-alive\n\n' }, word(''), chunk({ role: 'assistant', content: ' B' }), chunk({}), finish(), DONE]),
    'no [DONE], which is another rule': stream([role, word('A'), word(' B'), finish()]),
    'error: null in each chunk': stream([word('A', { error: null }), word(' B', { error: null }), finish(), DONE]),
    'a second choice in the same stream': stream([role, second('X'), word('A'), second('Y'), word(' B'), second('', 'length'), finish(), DONE]),
    'a stream joined from an upstream that answered in one piece': evidence({ exchanges: [streamExchange('a', wholeStream('A', ' B'))], attempts: [attempt('a', { body: completion('A B') })] }),
    'the answer of the second attempt': evidence({ exchanges: [streamExchange('a', wholeStream('A'))], attempts: [attempt('a', { status: 500, body: errorBody() }), attempt('a', { attempt: 2, t: 5, events: wholeStream('A') })] }),
    'the answer to a question that was asked before': evidence({ exchanges: [jsonExchange('b', completion('A'), { question: 'a' })], attempts: [attempt('a', { body: completion('A') })] }),
    'finish_reason "length", as the upstream said': evidence({ exchanges: [jsonExchange('a', completion('A', {}, 'length'))], attempts: [attempt('a', { body: completion('A', {}, 'length') })] }),
    'only the labels that are asked for': { evidence: evidence({ exchanges: [jsonExchange('x', '', { label: 'trip', status: 503 }), jsonExchange('a', completion('A'), { label: 'after' })], attempts: [attempt('a', { body: completion('A') })] }), params: { labels: ['after'] } },
  },
  fails: {
    'a word lost': [stream([role, word('A'), finish(), DONE]), /read "A"; the upstream sent "A B"/, ['a']],
    'a word twice': [stream(wholeStream('A', ' B', ' B')), /read "A B B"/],
    'words in the wrong order': [stream(wholeStream(' B', 'A')), /read " BA"/],
    'no words': [json({}), /read ""/],
    'words that no upstream was asked for': [evidence({ exchanges: [jsonExchange('a', completion('A B'))] }), /the upstream sent nothing/],
    'the answer to another request': [evidence({ exchanges: [jsonExchange('a', completion('A B'))], attempts: [attempt('b', { body: completion('A B') })] }), /sent nothing/],
    'the answer to another request where the question was asked before': [evidence({ exchanges: [jsonExchange('c', completion('A'), { question: 'b' })], attempts: [attempt('a', { body: completion('A') }), attempt('b', { body: completion('B') })] }), /read "A"; the upstream sent "B"/],
    'an error status': [json(errorBody(), { status: 502 }), /^502/],
    'a stream that was cut behind its last word': [stream(wholeStream('A', ' B'), { end: 'reset' }), /ended reset/],
    'a caller who gave up': [stream(wholeStream('A', ' B'), { end: 'gave-up' }), /ended gave-up/],
    'no end on record': [stream(wholeStream('A', ' B'), { end: null }), /ended undefined/],
    'an error event after the words': [stream([...wholeStream('A', ' B'), errorBody()]), /error event/],
    'no finish_reason': [stream([role, word('A'), word(' B'), DONE]), '0 finish_reasons'],
    'two finish_reasons': [stream([role, word('A'), word(' B'), finish(), finish(), DONE]), '2 finish_reasons'],
    'another finish_reason in a stream': [stream([role, word('A'), word(' B'), finish('length'), DONE]), 'finish_reason "length"; the upstream said "stop"'],
    'another finish_reason in JSON': [json(completion('A B', {}, 'length')), 'finish_reason "length"; the upstream said "stop"'],
    'a finish_reason made up for an attempt that was cut': [evidence({ exchanges: [streamExchange('a', wholeStream('A'))], attempts: [attempt('a', { events: [role, word('A')], end: 'fin' })] }), 'finish_reason "stop"; the upstream said none'],
    'one of three': [evidence({ exchanges: ['a', 'b', 'c'].map((n) => jsonExchange(n, completion(n === 'b' ? 'B' : 'A'))), attempts: ['a', 'b', 'c'].map((n) => attempt(n, { body: completion('A') })) }), /^1 of 3: .*read "B"/, ['b']],
  },
  unknown: { 'no request with such a label': [{ evidence: json(completion('A B')), params: { labels: ['other'] } }, 'no evidence'] },
})

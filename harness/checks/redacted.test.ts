import { attempt, completion, DONE, errorBody, evidence, finish, jsonExchange, role, streamExchange, wholeStream, word } from '../evidence/fixture.ts'
import { redactedCheck } from './redacted.ts'
import { examples } from './testing/examples.ts'

const card = '4111 1111 1111 1111'
const key = 'sk-abcdefghijklmnop'
const SAID = `Pay with ${card} or ${key}. Bye.`
const up = attempt('a', { body: completion(SAID) })
const json = (content: string, more: Parameters<typeof jsonExchange>[2] = {}, extra: object = {}) => evidence({ exchanges: [jsonExchange('a', completion(content, extra), more)], attempts: [up] })
const stream = (events: Parameters<typeof streamExchange>[1], more: Parameters<typeof streamExchange>[2] = {}) => evidence({ exchanges: [streamExchange('a', events, more)], attempts: [attempt('a', { events: wholeStream('Pay with 4111 1', `111 1111 1111 or ${key}. Bye.`) })] })

examples(redactedCheck, {
  params: { secrets: [card, key] },
  passes: {
    'marks in their place': json('Pay with [redacted] or [redacted]. Bye.'),
    'marks of another kind': json('Pay with <CREDIT_CARD> or ***. Bye.'),
    'nothing in their place': json('Pay with  or . Bye.'),
    'the last four digits': json('Pay with **** **** **** 1111 or [redacted]. Bye.'),
    'a stream cut otherwise': stream(wholeStream('Pay ', 'with ', '[redacted]', ' or [red', 'acted]', '. Bye.')),
    'secrets side by side': evidence({ exchanges: [jsonExchange('a', completion('Take XX.'))], attempts: [attempt('a', { body: completion(`Take ${card}${key}.`) })] }),
    'a question that was asked before': evidence({ exchanges: [jsonExchange('b', completion('Pay with X or X. Bye.'), { question: 'a' })], attempts: [up] }),
    'only the labels that are asked for': { evidence: evidence({ exchanges: [jsonExchange('x', completion(SAID), { label: 'other' }), jsonExchange('a', completion('Pay with X or X. Bye.'))], attempts: [up] }), params: { secrets: [card, key], labels: ['request'] } },
  },
  fails: {
    'everything': [json(SAID), /^the caller reads "4111 1111 " in "Pay with/, ['a']],
    'one of the two': [json(`Pay with [redacted] or ${key}. Bye.`), /^the caller reads "sk-abcdefg" /],
    'the first half and a bit': [json('Pay with 4111 1111 1[redacted] or X. Bye.'), /^the caller reads "4111 1111 "/],
    'in two chunks': [stream(wholeStream('Pay with 4111 1', '111 1111 1111 or X. Bye.')), /^the caller reads "4111 1111 "/],
    'in another field of the answer': [json('Pay with X or X. Bye.', {}, { note: card }), /^the caller reads "4111 1111 "/],
    'a word in front lost': [json('with X or X. Bye.'), /^the caller reads "with X or X\. Bye\."; the upstream said "Pay with 4111/],
    'a word between lost': [json('Pay with X X. Bye.'), /; the upstream said/],
    'words behind lost': [json('Pay with X or X'), /; the upstream said/],
    'words behind twice': [json('Pay with X or X. Bye. Bye.'), /; the upstream said/],
    'a mark that is an essay': [json(`Pay with ${'I am sorry. '.repeat(5)} or X. Bye.`), /; the upstream said/],
    'no words': [json(''), /; the upstream said/],
    'no upstream call': [evidence({ exchanges: [jsonExchange('a', completion('Pay with X or X. Bye.'))] }), /the upstream said nothing$/],
    'an error instead': [json('', { status: 502 }), /^502/],
    'a stream that was cut': [stream(wholeStream('Pay with X or X. Bye.'), { end: 'cut' }), /ended cut/],
    'an error event behind the words': [stream([...wholeStream('Pay with X or X. Bye.'), errorBody()]), /error event/],
    'no finish_reason': [stream([role, word('Pay with X or X. Bye.'), DONE]), 'finish_reason []'],
    'another finish_reason': [stream([role, word('Pay with X or X. Bye.'), finish('content_filter'), DONE]), 'finish_reason ["content_filter"]'],
  },
  unknown: { 'an upstream that said no secret': [evidence({ exchanges: [jsonExchange('a', completion('Hello.'))], attempts: [attempt('a', { body: completion('Hello.') })] }), 'the upstream did not say the secrets'] },
})

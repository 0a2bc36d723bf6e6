import { chunk, completion, DONE, errorBody, evidence, finish, jsonExchange, noAnswer, role, streamExchange, word } from '../evidence/fixture.ts'
import { noSilentTruncationCheck } from './no-silent-truncation.ts'
import { examples } from './testing/examples.ts'

const stream = (events: Parameters<typeof streamExchange>[1], more: Parameters<typeof streamExchange>[2] = {}) => evidence({ exchanges: [streamExchange('a', [role, word('A'), ...events], more)] })
const json = (body: object | string, more: Parameters<typeof jsonExchange>[2] = {}) => evidence({ exchanges: [jsonExchange('a', body, more)] })

examples(noSilentTruncationCheck, {
  params: {},
  passes: {
    'an error event and a clean close': stream([errorBody()]),
    'an error event of type error': stream([{ raw: 'event: error\ndata: {"error":{"message":"gone"}}\n\n' }]),
    'an error event of type error whose data is a text': stream([{ raw: 'event: error\ndata: upstream gone\n\n' }]),
    'an error event and [DONE], as OpenAI sends them': stream([errorBody(), DONE]),
    'an error event with a finish_reason of its own': stream([chunk({ content: '' }, 'error', errorBody())]),
    'the connection is cut': stream([], { end: 'cut' }),
    'the connection is reset': stream([], { end: 'reset' }),
    'an error before the head': json(errorBody(), { status: 502 }),
    'a JSON answer that was cut': json('{"choices":[{"message":{"content":"A', { end: 'cut' }),
    'a connection that was refused': evidence({ exchanges: [noAnswer('a', 'refused')] }),
  },
  fails: {
    'finish_reason and [DONE]': [stream([finish(), DONE]), /finish_reason "stop", \[DONE\], clean close$/, ['a']],
    'finish_reason alone': [stream([finish('length')]), /finish_reason "length", clean close$/],
    '[DONE] alone': [stream([DONE]), /\[DONE\], clean close$/],
    'an error event behind [DONE], where no SDK reads': [stream([DONE, errorBody()]), /error event .*\[DONE\]/],
    'finish_reason after an error event': [stream([errorBody(), finish()]), /finish_reason "stop", error event/],
    'finish_reason, then an error event': [stream([finish(), errorBody()]), /finish_reason "stop", error event/],
    '[DONE], then a reset that no SDK sees': [stream([finish(), DONE], { end: 'reset' }), /\[DONE\], ended reset$/],
    'a clean close and not a word': [stream([]), /^a clean end without a word about the failure; 1 events with words, clean close/],
    'a clean close with error: null': [stream([word('B', { error: null })]), /^a clean end/],
    'an answer whose words are "error"': [stream([word('"error"'), { raw: ': "error"\n\n' }]), /^a clean end/],
    'an error event without its blank line': [stream([{ raw: `data: ${JSON.stringify(errorBody())}\n` }]), /^a clean end/],
    'it never ends': [stream([], { end: 'gave-up' }), /^it never ended/],
    'no end on record': [stream([errorBody()], { end: null }), /^it never ended/],
    'the caller left': [stream([], { end: 'aborted' }), 'the caller left before the end'],
    'a JSON success': [json(completion('A')), /^200/],
    'a 200 with an empty object': [json({}), /^a clean end/],
    'a 204': [json('', { status: 204 }), /^a clean end/],
    'a JSON error with 200 where a stream was asked for, which SDKs read as no chunks': [evidence({ exchanges: [streamExchange('a', [{ raw: JSON.stringify(errorBody()) }])] }), /^a clean end/],
  },
})

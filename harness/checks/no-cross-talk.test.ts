import { completion, errorBody, evidence, jsonExchange, noAnswer, streamExchange, wholeStream, word } from '../evidence/fixture.ts'
import { noCrossTalkCheck } from './no-cross-talk.ts'
import { examples } from './testing/examples.ts'

const own = (nonce: string) => streamExchange(nonce, wholeStream(nonce, ' hello'))
const beside = (...exchanges: ReturnType<typeof own>[]) => evidence({ exchanges: [...exchanges, own('nq-f2')] })

examples(noCrossTalkCheck, {
  params: {},
  passes: {
    'each caller its own': beside(own('nq-f0'), own('nq-f1')),
    'a nonce that begins like another': beside(own('nq-f1'), own('nq-f12')),
    'JSON answers': beside(jsonExchange('nq-f0', completion('nq-f0 hello'))),
    'a nonce in two events': beside(streamExchange('nq-f0', wholeStream('nq-', 'f0 hello'))),
    'a caller alone': evidence({ exchanges: [own('nq-f0')] }),
  },
  fails: {
    'one word of another caller': [beside(own('nq-f0'), streamExchange('nq-f1', wholeStream('nq-f1', ' nq-f0'))), '1 of 3: words of nq-f0', ['nq-f1']],
    'another caller\'s whole answer': [beside(streamExchange('nq-f0', wholeStream('nq-f2', ' hello'))), /words of nq-f2/],
    'another caller\'s id': [beside(streamExchange('nq-f0', [word('nq-f0', { id: 'chatcmpl-nq-f2' })])), /words of nq-f2/],
    'another caller\'s words, cut otherwise': [beside(streamExchange('nq-f0', wholeStream('nq-f0 n', 'q-f2'))), /words of nq-f2/],
    'words kept from before the fault': [evidence({ exchanges: [{ ...own('nq-b0'), window: 'baseline' }, streamExchange('nq-f0', wholeStream('nq-f0 nq-b0'))] }), 'words of nq-b0'],
    'no answer, so nothing was shown': [beside(noAnswer('nq-f0', 'gave-up', { stream: true })), /no words of its own; no answer/],
    'a refusal': [beside(jsonExchange('nq-f0', errorBody(), { status: 503 })), /no words of its own; 503/],
    'the same words for all': [evidence({ exchanges: [streamExchange('nq-f0', wholeStream('hello'))] }), /^no words of its own/],
  },
})

import { DONE, evidence, finish, jsonExchange, streamExchange, wholeStream, word } from '../evidence/fixture.ts'
import { doneOnceCheck } from './done-once.ts'
import { examples } from './testing/examples.ts'

const stream = (...events: Parameters<typeof streamExchange>[1]) => evidence({ exchanges: [streamExchange('a', events)] })

examples(doneOnceCheck, {
  params: {},
  passes: {
    'once and last': stream(...wholeStream('A')),
    'comments and empty lines after it': stream(...wholeStream('A'), { raw: ': bye\n\n\n\n' }),
    'without the blank after the colon': stream(word('A'), finish(), { raw: 'data:[DONE]\r\n\r\n' }),
  },
  fails: {
    'none': [stream(word('A'), finish()), /^0 × \[DONE\]/, ['a']],
    'two': [stream(...wholeStream('A'), DONE), /^2 × \[DONE\], 1 event/],
    'a chunk after it': [stream(word('A'), DONE, finish()), /^1 × \[DONE\], 1 event/],
    'a blank line is missing, so it never was': [stream(word('A'), finish(), { raw: 'data: [DONE]\n' }), /^0 ×/],
    'in lower case': [stream(word('A'), finish(), '[done]'), /^0 ×/],
    'something behind it on the line': [stream(word('A'), finish(), '[DONE] '), /^0 ×/],
    'as a JSON string': [stream(word('A'), finish(), '"[DONE]"'), /^0 ×/],
    'nothing but [DONE]': [stream(DONE), /^1 × \[DONE\], 0 event/],
    'the words of an answer': [stream(word('[DONE]'), finish()), /^0 ×/],
    'a JSON answer': [evidence({ exchanges: [jsonExchange('a', {})] }), /^0 ×/],
  },
  unknown: { 'only requests before the fault': [evidence({ exchanges: [streamExchange('a', wholeStream('A'), { window: 'baseline' })] }), 'no evidence'] },
})

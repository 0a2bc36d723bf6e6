import { chunk, DONE, errorBody, evidence, finish, jsonExchange, role, streamExchange, usageChunk, wholeStream, word } from '../evidence/fixture.ts'
import { sameIdCheck } from './same-id.ts'
import { examples } from './testing/examples.ts'

const stream = (...events: Parameters<typeof streamExchange>[1]) => evidence({ exchanges: [streamExchange('a', events)] })

examples(sameIdCheck, {
  params: {},
  passes: {
    'one id': stream(...wholeStream('A', 'B')),
    'the chunk with usage too': stream(role, word('A'), finish(), usageChunk({}), DONE),
    'an error event without an id': stream(role, word('A'), errorBody()),
    'two streams with an id each': evidence({ exchanges: [streamExchange('a', [word('A', { id: 'x' })]), streamExchange('b', [word('A', { id: 'y' })])] }),
  },
  fails: {
    'an id per chunk': [stream(word('A', { id: 'x' }), word('B', { id: 'y' })), '2 ids: x, y', ['a']],
    'an id that changes at the end': [stream(word('A'), chunk({}, 'stop', { id: 'z' })), '2 ids: chatcmpl-1, z'],
    'an empty id first': [stream(word('A', { id: '' }), word('B')), /^2 ids/],
    'one id, and chunks without': [stream(word('A'), word('B', { id: undefined }), word('C', { id: null })), '2 of 3 chunks have no id'],
    'no chunks': [stream(DONE), /^no chunks/],
    'an id outside of any chunk': [stream({ id: 'ping' }, DONE), /^no chunks/],
    'a JSON answer': [evidence({ exchanges: [jsonExchange('a', { id: 'x', choices: [] })] }), /^no chunks/],
  },
})

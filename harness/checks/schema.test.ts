import { chunk, completion, DONE, errorBody, evidence, finish, jsonExchange, role, streamExchange, wholeStream, word } from '../evidence/fixture.ts'
import { schemaCheck } from './schema.ts'
import { examples } from './testing/examples.ts'

const json = (body: object | string, more: Parameters<typeof jsonExchange>[2] = {}) => evidence({ exchanges: [jsonExchange('a', body, more)] })
const stream = (events: Parameters<typeof streamExchange>[1], more: Parameters<typeof streamExchange>[2] = {}) => evidence({ exchanges: [streamExchange('a', events, more)] })
const chunks = { level: 'core', of: 'ChatCompletionChunk' } as const

examples(schemaCheck, {
  params: { level: 'core', of: 'ChatCompletion' },
  passes: {
    'a completion': json(completion('A')),
    'a completion with fields of its own': json(completion('A', { provider: 'x' })),
    'the strict level': { evidence: json(completion('A')), params: { level: 'strict', of: 'ChatCompletion' } },
    'a stream': { evidence: stream(wholeStream('A')), params: chunks },
    'an error': { evidence: json(errorBody(), { status: 500 }), params: { level: 'strict', of: 'ErrorResponse' } },
    'a list of models': { evidence: json({ object: 'list', data: [] }), params: { level: 'core', of: 'ModelList' } },
    'a list of embeddings': { evidence: json({ object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [1] }], usage: { prompt_tokens: 1, total_tokens: 1 } }), params: { level: 'core', of: 'EmbeddingList' } },
  },
  fails: {
    'a field missing': [json({ ...completion('A'), choices: undefined }), /required property 'choices'/, ['a']],
    'a field missing at the strict level only': [{ evidence: json({ ...completion('A'), choices: [{ index: 0, message: { role: 'assistant', content: 'A' }, finish_reason: 'stop' }] }), params: { level: 'strict', of: 'ChatCompletion' } }, /required property/],
    'not JSON': [json('<html>'), 'not JSON: 200, <html>'],
    'valid as far as it came': [json(completion('A'), { end: 'cut' }), /ended cut$/],
    'one bad chunk of many': [{ evidence: stream([role, word('A'), { ...word('B'), object: 'chat.completion' }, finish(), DONE]), params: chunks }, /^\/object/],
    'a chunk that is not JSON': [{ evidence: stream([role, '{"choices":[']), params: chunks }, 'not JSON: {"choices":['],
    'an error event among the chunks': [{ evidence: stream([role, errorBody()]), params: chunks }, /required property/],
    'a finish_reason of the wrong type': [{ evidence: stream([chunk({}, 7 as never)]), params: chunks }, /finish_reason/],
    'no chunks': [{ evidence: stream([DONE]), params: chunks }, /^no events/],
    'chunks as far as they came': [{ evidence: stream([role, word('A')], { end: 'reset' }), params: chunks }, /ended reset$/],
  },
})

import { errorBody, evidence, jsonExchange, noAnswer, streamExchange } from '../evidence/fixture.ts'
import { errorEnvelopeCheck } from './error-envelope.ts'
import { examples } from './testing/examples.ts'

const answer = (body: object | string, more: Parameters<typeof jsonExchange>[2] = {}) => evidence({ exchanges: [jsonExchange('a', body, { status: 502, ...more })] })

examples(errorEnvelopeCheck, {
  params: { anyOf: [502, 503] },
  passes: {
    'the first status': answer(errorBody()),
    'the other status': answer(errorBody(), { status: 503 }),
    'only the message, with a type of its own': answer({ error: { message: 'down', type: 'overloaded', request_id: 'x' } }),
    'application/json with a charset': answer(errorBody(), { headers: [['Content-Type', 'application/json; charset=utf-8']] }),
    'the code that is asked for': { evidence: answer(errorBody('No.', { code: 'model_not_found' }), { status: 404 }), params: { anyOf: [404], code: 'model_not_found' } },
    'the field that is asked for': { evidence: answer(errorBody('No.', { param: 'messages[0].content' }), { status: 400 }), params: { anyOf: [400], param: 'messages' } },
    'only the labels that are asked for': { evidence: evidence({ exchanges: [jsonExchange('a', errorBody(), { status: 502, label: 'bad' }), jsonExchange('b', {})] }), params: { anyOf: [502], labels: ['bad'] } },
  },
  fails: {
    'another status with a good body': [answer(errorBody(), { status: 500 }), /^500/, ['a']],
    'a success': [answer(errorBody(), { status: 200 }), /^200/],
    'an error event in a stream that began with 200': [evidence({ exchanges: [streamExchange('a', [errorBody()])] }), /error event/],
    'a body that was cut': [answer(errorBody(), { end: 'cut' }), /ended cut$/],
    'no answer': [evidence({ exchanges: [noAnswer('a', 'reset')] }), 'no answer, reset'],
    'the caller gave up': [answer(errorBody(), { end: 'gave-up' }), /ended gave-up$/],
    'no body': [answer(''), 'a body that is not JSON: empty'],
    'an HTML page': [answer('<html>Bad gateway</html>', { headers: [['content-type', 'text/html']] }), /^a body that is not JSON: <html>/],
    'JSON that says it is text': [answer(errorBody(), { headers: [['content-type', 'text/plain']] }), 'content-type text/plain'],
    'no content type': [answer(errorBody(), { headers: [] }), 'content-type undefined'],
    'no envelope': [answer({ message: 'down' }), /required property 'error'/],
    'a text in the place of the error object': [answer({ error: 'down' }), /must be object/],
    'no message': [answer({ error: { type: 'x' } }), /required property 'message'/],
    'an empty message': [answer(errorBody('')), /\/error\/message/],
    'an HTML page as the message': [answer(errorBody('<!DOCTYPE html><p>Bad gateway')), 'an HTML page as the message'],
    'another code': [{ evidence: answer(errorBody(), { status: 404 }), params: { anyOf: [404], code: 'model_not_found' } }, 'code null'],
    'no field': [{ evidence: answer(errorBody(), { status: 400 }), params: { anyOf: [400], param: 'messages' } }, 'param null'],
    'another field': [{ evidence: answer(errorBody('No.', { param: 'model' }), { status: 400 }), params: { anyOf: [400], param: 'messages' } }, 'param "model"'],
  },
})

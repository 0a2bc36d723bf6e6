import { chunk, DONE, errorBody, evidence, finish, jsonExchange, role, streamExchange, wholeStream, word } from '../evidence/fixture.ts'
import { sseGrammarCheck } from './sse-grammar.ts'
import { examples } from './testing/examples.ts'

const stream = (events: Parameters<typeof streamExchange>[1], more: Parameters<typeof streamExchange>[2] = {}) => evidence({ exchanges: [streamExchange('a', events, more)] })
const typed = (type: string) => stream(wholeStream('A'), { headers: [['Content-Type', type]] })
const fox = Buffer.from(`data: ${JSON.stringify(word('🦊'))}\n\n`)
const half = fox.indexOf('🦊') + 2

examples(sseGrammarCheck, {
  params: {},
  passes: {
    'a plain stream': stream(wholeStream('A')),
    'a charset': typed('text/event-stream; charset=utf-8'),
    'a trailing semicolon, capitals': typed('Text/Event-Stream;'),
    'comments, ids and retry times': stream([{ raw: ': hello\n\nid: 1\nretry: 10\n' }, ...wholeStream('A')]),
    'CRLF, CR, and no blank after the colon': stream([{ raw: 'data:{"a":1}\r\n\r\ndata: {"a":2}\r\r' }, DONE]),
    'several data lines': stream([{ raw: 'data: {\ndata: "a":1}\n\n' }, DONE]),
    'an error event': stream([role, { raw: `event: error\ndata: ${JSON.stringify(errorBody())}\n\n` }]),
    'a character in two chunks': stream([{ raw: fox.subarray(0, half) }, { raw: fox.subarray(half) }, finish(), DONE]),
    'a byte order mark at the start': stream([{ raw: '\uFEFF' }, ...wholeStream('A')]),
    'only the labels that are asked for': { evidence: evidence({ exchanges: [jsonExchange('a', {}), streamExchange('b', wholeStream('A'), { label: 'live' })] }), params: { labels: ['live'] } },
  },
  fails: {
    'labelled JSON': [typed('application/json'), /^content-type application\/json/, ['a']],
    'labelled almost right': [typed('text/event-streams'), /^content-type text\/event-streams/],
    'no label': [stream(wholeStream('A'), { headers: [] }), /^content-type no content type/],
    'a JSON answer': [evidence({ exchanges: [jsonExchange('a', {})] }), /^content-type application\/json/],
    'an empty stream': [stream([]), /^no events; 0 events with words/],
    'comments only': [stream([{ raw: ': hello\n\n' }]), /^no events/],
    'JSON lines that are no events': [stream([{ raw: `${JSON.stringify(chunk({}))}\n\n` }]), /^no events/],
    'broken JSON': [stream(['{"choices":[', DONE]), 'an event that is not a JSON object: "{\\"choices\\":["'],
    'an empty event': [stream(['', DONE]), /not a JSON object: ""/],
    'a JSON text': [stream(['"[DONE]"']), /not a JSON object/],
    'null': [stream(['null', DONE]), /not a JSON object: "null"/],
    'bytes that are not UTF-8': [stream([{ raw: fox.subarray(0, half) }, { raw: '"}}]}\n\n' }, DONE]), /^(bytes that are not UTF-8|an event that is not)/],
    'a Latin-1 character': [stream([{ raw: Buffer.from('data: {"a":"é"}\n\n', 'latin1') }]), 'bytes that are not UTF-8'],
    'a field that nobody knows': [stream([{ raw: 'note: 1\n' }, ...wholeStream('A')]), 'unknown field "note"'],
    'a field in capitals': [stream([...wholeStream('A'), { raw: 'Data: {}\n\n' }]), 'unknown field "Data"'],
    'the last blank line is missing': [stream([word('A'), { raw: 'data: [DONE]\n' }]), 'an event without a closing blank line: 1 data line(s)'],
  },
})

import { describe, expect, test } from 'vitest'
import { decodeSse } from './sse.ts'

const long = 'x'.repeat(2048)
/** Written after the behaviours that WHATWG HTML 9.2 asks for; [input, data of the events]. */
const vectors: [string, string, string[]][] = [
  ['multi-line data, comment, unknown field, case', 'data:msg\ndata: msg\n\n:comment\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n', ['msg\nmsg', '', 'end']],
  ['byte order mark only at the start', '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n', ['1', '3']],
  ['only one byte order mark', '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n', ['2', '3']],
  ['long comments and mixed line ends', `data:1\r:\0\n:\r\ndata:2\n:${long}\rdata:3\n:data:fail\r:${long}\ndata:4\n\n`, ['1\n2\n3\n4']],
  ['event without a closing blank line', 'retry:1000\ndata:test1\n\nid:test\ndata:test2', ['test1']],
  ['empty data', 'data:\n\ndata\ndata\n\ndata:test\n\n', ['', '\n', 'test']],
  ['field parsing at its worst', 'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n', ['\0\n 2\n1\n3\n\n4']],
  ['unknown fields', 'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:comment\ndata:test\n\n', ['test\n\ntest']],
  ['one leading space', 'data:\ttest\rdata: \ndata:test\n\n', ['\ttest\n\ntest']],
  ['mixed newlines', 'data:test\r\ndata\ndata:test\r\n\r', ['test\n\ntest']],
  ['null character', 'data:\0\n\n\n\n', ['\0']],
  ['event without data fires nothing', 'event: ping\n\nid: 1\n\nretry: 5\n\ndata: x\n\n', ['x']],
  ['done without space', 'data:[DONE]\n\n', ['[DONE]']],
  ['emoji', 'data: 🦊é\n\n', ['🦊é']],
]

const splits = (bytes: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, i * size + size))

describe('SSE decoder', () => {
  test.each(vectors)('%s', (_, input, expected) => {
    const bytes = new TextEncoder().encode(input)
    for (const size of [bytes.length, 1, 2, 3, 7]) {
      expect(decodeSse(splits(bytes, size)).events.map((e) => e.data), `in chunks of ${size}`).toEqual(expected)
    }
  })

  test('line ends are interchangeable at every split', () => {
    for (const eol of ['\n', '\r\n', '\r']) {
      const bytes = new TextEncoder().encode(`data: a${eol}${eol}data: b${eol}data: c${eol}${eol}`)
      for (let cut = 1; cut < bytes.length; cut++) {
        const { events } = decodeSse([bytes.subarray(0, cut), bytes.subarray(cut)])
        expect(events.map((e) => e.data)).toEqual(['a', 'b\nc'])
      }
    }
  })

  test('names what it dropped', () => {
    const { rest } = decodeSse([new TextEncoder().encode(': hi\nfoo: 1\n\ndata: {"half":')])
    expect(rest).toEqual({ comments: 1, unknownFields: ['foo'], pending: 'data: {"half":', malformedUtf8: false })
  })

  test('half a character is malformed', () => {
    const bytes = new TextEncoder().encode('data: 🦊\n\n')
    expect(decodeSse([bytes.subarray(0, 8)]).rest.malformedUtf8).toBe(true)
    expect(decodeSse([bytes]).rest.malformedUtf8).toBe(false)
  })

  test('event type resets', () => {
    const { events } = decodeSse([new TextEncoder().encode('event:test\ndata:x\n\ndata:x\n\n')])
    expect(events.map((e) => e.type)).toEqual(['test', 'message'])
  })
})

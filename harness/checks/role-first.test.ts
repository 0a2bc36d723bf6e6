import { chunk, DONE, evidence, finish, jsonExchange, role, streamExchange, usageChunk, word } from '../evidence/fixture.ts'
import { roleFirstCheck } from './role-first.ts'
import { examples } from './testing/examples.ts'

const stream = (...events: Parameters<typeof streamExchange>[1]) => evidence({ exchanges: [streamExchange('a', events)] })

examples(roleFirstCheck, {
  params: {},
  passes: {
    'the role, then words': stream(role, word('A'), finish(), DONE),
    'the role with the first word, and with the others': stream(chunk({ role: 'assistant', content: 'A' }), chunk({ role: 'assistant', content: 'B' })),
    'a chunk without choices before it': stream(usageChunk({}), role, word('A')),
  },
  fails: {
    'no role': [stream(word('A'), finish()), 'the first delta is {"content":"A"}', ['a']],
    'the role comes second': [stream(word(''), role), /^the first delta is/],
    'the role is empty': [stream(chunk({ role: '', content: 'A' })), /"role":""/],
    'no delta': [stream({ choices: [{ index: 0 }] }), 'the first delta is undefined'],
    'no chunk with choices': [stream(usageChunk({}), DONE), 'no chunk with choices'],
    'a JSON answer': [evidence({ exchanges: [jsonExchange('a', { choices: [{ message: { role: 'assistant' } }] })] }), 'no chunk with choices'],
  },
})

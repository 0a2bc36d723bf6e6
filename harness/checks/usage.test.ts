import { attempt, completion, DONE, evidence, finish, jsonExchange, role, streamExchange, usageChunk, word } from '../evidence/fixture.ts'
import { examples } from './testing/examples.ts'
import { usageCheck } from './usage.ts'

const real = { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 }
const json = (usage: object | undefined, sent: object = real) => evidence({ exchanges: [jsonExchange('a', completion('A', { usage }))], attempts: [attempt('a', { body: completion('A', { usage: sent }) })] })
const stream = (...events: Parameters<typeof streamExchange>[1]) =>
  evidence({ exchanges: [streamExchange('a', events)], attempts: [attempt('a', { events: [word('A', { usage: null }), finish(), usageChunk(real), DONE] })] })

examples(usageCheck, {
  params: {},
  passes: {
    'JSON': json(real),
    'JSON with details of its own': json({ ...real, prompt_tokens_details: { cached_tokens: 0 } }),
    'an upstream that writes its JSON with blanks': evidence({ exchanges: [jsonExchange('a', completion('A', { usage: real }))], attempts: [attempt('a', { body: JSON.stringify(completion('A', { usage: real }), null, 1) })] }),
    'after an attempt whose body was not JSON': evidence({ exchanges: [jsonExchange('a', completion('A', { usage: real }))], attempts: [attempt('a', { body: '<p>"usage":{}' }), attempt('a', { attempt: 2, body: completion('A', { usage: real }) })] }),
    'a stream, usage: null before it': stream(role, word('A', { usage: null }), finish(), usageChunk(real), DONE),
    'a comment after it': stream(word('A'), finish(), usageChunk(real), { raw: ': x\n\n' }, DONE),
  },
  fails: {
    'other numbers': [json({ ...real, total_tokens: 15 }), /^usage \[11,3,15\], upstream said \[11,3,14\]/, ['a']],
    'zeros': [json({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }), /^usage \[0,0,0\]/],
    'none': [json(undefined), /^usage absent, upstream said \[11,3,14\]/],
    'none, where the upstream had an empty one': [json(undefined, {}), /^usage absent, upstream said nothing/],
    'a number short': [json({ prompt_tokens: 11, completion_tokens: 3 }), /^usage \{"prompt_tokens":11/],
    'numbers as text': [json({ prompt_tokens: '11', completion_tokens: '3', total_tokens: '14' }), /^usage \{/],
    'numbers of another request': [evidence({ exchanges: [jsonExchange('a', completion('A', { usage: real }))], attempts: [attempt('b', { body: completion('A', { usage: real }) })] }), /said nothing/],
    'no chunk with usage': [stream(word('A'), finish(), DONE), '0 events with usage'],
    'two chunks with usage': [stream(word('A'), finish(), usageChunk(real), usageChunk(real), DONE), '2 events with usage'],
    'usage on the last chunk with choices': [stream(word('A'), { ...finish(), usage: real }, DONE), 'the event with usage has choices'],
    'usage without a list of choices': [stream(word('A'), finish(), { usage: real }, DONE), 'the event with usage has choices'],
    'usage before the words': [stream(usageChunk(real), word('A'), finish(), DONE), 'chunks follow the one with usage'],
    'other numbers in a stream': [stream(word('A'), finish(), usageChunk({ ...real, prompt_tokens: 1 }), DONE), /^usage \[1,3,14\]/],
    'a JSON answer where a stream was asked for': [stream({ raw: JSON.stringify(completion('A', { usage: real })) }), '0 events with usage'],
  },
})

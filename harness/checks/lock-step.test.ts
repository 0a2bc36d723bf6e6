import { attempt, evidence, jsonExchange, streamExchange, wholeStream } from '../evidence/fixture.ts'
import { lockStepCheck } from './lock-step.ts'
import { examples } from './testing/examples.ts'

const held = (...how: ('caller' | 'expired')[]) => evidence({ exchanges: [streamExchange('a', wholeStream('A', 'B'))], attempts: [attempt('a', { held: how })] })

examples(lockStepCheck, {
  params: {},
  passes: { 'the caller had each event': held('caller', 'caller'), 'one event only': held('caller') },
  fails: {
    'a buffering target': [held('expired', 'expired'), 'the upstream waited in vain for the caller to have event 1', ['a']],
    'the last event came late': [held('caller', 'expired'), /event 2$/],
    'an upstream that was not asked for a stream': [evidence({ exchanges: [jsonExchange('a', {})], attempts: [attempt('a')] }), 'the upstream was never asked for a stream'],
    'no upstream call': [evidence({ exchanges: [streamExchange('a', wholeStream('A'))] }), 'the upstream was never asked for a stream'],
    'a second attempt that waited in vain': [evidence({ exchanges: [streamExchange('a', wholeStream('A'))], attempts: [attempt('a', { held: ['caller'] }), attempt('a', { attempt: 2, held: ['expired'] })] }), /in vain/],
  },
})

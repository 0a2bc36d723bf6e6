import { expect, test } from 'vitest'
import { attempt, evidence, jsonExchange } from '../evidence/fixture.ts'
import { paramsFaithfulCheck } from './params-faithful.ts'
import { examples } from './testing/examples.ts'

const asked = { model: 'mine', temperature: 0.37, stop: ['\n', 'END'], messages: [{ role: 'user', content: 'Hi.' }] }
const arrived = (...bodies: (object | string)[]) => evidence({ exchanges: [jsonExchange('a', {}, { asks: asked })], attempts: bodies.map((asks, i) => attempt('a', { attempt: i + 1, t: i, asks })) })

examples(paramsFaithfulCheck, {
  params: { fields: ['temperature', 'stop', 'messages'] },
  passes: {
    'as sent, under another model\'s name': arrived({ ...asked, model: 'theirs' }),
    'keys in another order, fields of its own': arrived({ user: 'u', messages: [{ content: 'Hi.', role: 'user' }], stop: asked.stop, temperature: 0.37 }),
    'in every attempt': arrived(asked, asked),
  },
  fails: {
    'a number changed': [arrived({ ...asked, temperature: 1 }), 'temperature was 0.37, arrived as 1 in attempt 1', ['a']],
    'a field dropped': [arrived({ ...asked, stop: undefined }), /^stop was \["\\n","END"\], arrived as undefined/],
    'a list in another order': [arrived({ ...asked, stop: ['END', '\n'] }), /^stop was/],
    'a message added': [arrived({ ...asked, messages: [...asked.messages, { role: 'system', content: 'Be nice.' }] }), /^messages was/],
    'the second attempt differs': [arrived(asked, { ...asked, temperature: 1 }), /in attempt 2$/],
    'a body that is not JSON': [arrived('temperature=0.37'), /arrived as undefined/],
    'no upstream call': [arrived(), 'the upstream was never asked'],
  },
})

test('a field that was never sent proves nothing', () => {
  expect(() => paramsFaithfulCheck.judge(arrived(asked), { fields: ['temprature'] })).toThrow('temprature was not in the request')
})

import { attempt, evidence, jsonExchange } from '../evidence/fixture.ts'
import { embeddingsExactCheck } from './embeddings-exact.ts'
import { examples } from './testing/examples.ts'

const list = (embedding: unknown) => ({ object: 'list', data: [{ object: 'embedding', index: 0, embedding }] })
const base64 = (...numbers: number[]) => Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
const asked = (format: 'base64' | 'float' | undefined, got: unknown, sent: unknown) =>
  evidence({ exchanges: [jsonExchange('a', list(got), { asks: { encoding_format: format } })], attempts: [attempt('a', { body: list(sent) })] })

examples(embeddingsExactCheck, {
  params: {},
  passes: {
    'floats as sent': asked('float', [0.5, -0.123], [0.5, -0.123]),
    'floats where no encoding was named': asked(undefined, [0.5], [0.5]),
    'base64 as sent': asked('base64', base64(0.5, -1), base64(0.5, -1)),
    'base64 from an upstream that was asked for floats': asked('base64', base64(0.123), [0.123]),
    'floats from an upstream that was asked for base64': asked('float', [Math.fround(0.123)], base64(0.123)),
    'the second attempt\'s, after one without JSON': evidence({
      exchanges: [jsonExchange('a', list([0.5]))], attempts: [attempt('a', { body: '<html>', status: 502 }), attempt('a', { attempt: 2, t: 5, body: list([0.5]) })],
    }),
  },
  fails: {
    'rounded': [asked('float', [0.12], [0.123]), 'got [0.12], upstream sent [0.123]', ['a']],
    'one number short': [asked('float', [0.5], [0.5, 0.5]), /^got/],
    'floats where base64 was asked for, whatever the upstream was asked': [asked('base64', [0.5], [0.5]), 'base64 asked for, got [0.5]'],
    'base64 where floats were asked for': [asked('float', base64(0.5), base64(0.5)), /^floats asked for/],
    'other bytes': [asked('base64', base64(0.5), base64(0.25)), /^got "/],
    'made up': [evidence({ exchanges: [jsonExchange('a', list([0.5]))] }), 'got [0.5], upstream sent nothing'],
    'an error': [evidence({ exchanges: [jsonExchange('a', { error: { message: 'no' } }, { status: 500 })], attempts: [attempt('a', { body: {} })] }), /^500/],
  },
})

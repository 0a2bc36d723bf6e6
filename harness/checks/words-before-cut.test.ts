import { attempt, completion, errorBody, evidence, jsonExchange, role, streamExchange, word } from '../evidence/fixture.ts'
import type { Attempt } from '../evidence/types.ts'
import { examples } from './testing/examples.ts'
import { wordsBeforeCutCheck } from './words-before-cut.ts'

const sent = (...words: string[]): Attempt => attempt('a', { events: [role, ...words.map((w) => word(w))], end: 'fin' })
const again = (...words: string[]): Attempt => ({ ...sent(...words), attempt: 2 })
const read = (words: string[], ...attempts: Attempt[]) => evidence({ exchanges: [streamExchange('a', [role, ...words.map((w) => word(w)), errorBody()])], attempts })

examples(wordsBeforeCutCheck, {
  params: {},
  passes: {
    'all words that were sent': read(['A', ' B'], sent('A', ' B')),
    'fewer, in order': read(['A'], sent('A', ' B')),
    'none': read([], sent('A')),
    'an error before the head': evidence({ exchanges: [jsonExchange('a', errorBody(), { status: 502 })], attempts: [sent('A')] }),
    'cut inside a word': read(['A', ' '], sent('A', ' B')),
    'the words of the second attempt alone': read(['X', 'Y'], sent('A'), again('X', 'Y')),
    'a JSON answer': evidence({ exchanges: [jsonExchange('a', completion('A'))], attempts: [attempt('a', { body: completion('A B') })] }),
  },
  fails: {
    'the beginning twice': [read(['A', ' B', 'A', ' B'], sent('A', ' B'), again('A', ' B')), /^the caller read "A BA B"; upstream attempts sent "A B", "A B"$/, ['a']],
    'one attempt continued by another': [read(['A', 'Y'], sent('A'), again('X', 'Y')), /read "AY"/],
    'one word twice': [read(['A', 'A'], sent('A', ' B')), /read "AA"/],
    'a word left out': [read([' B'], sent('A', ' B')), /read " B"/],
    'a word made up': [read(['A', ' sorry'], sent('A')), /read "A sorry"/],
    'half a character': [read(['A', '\uFFFD'], sent('A')), /read "A\uFFFD"/],
    'words that no upstream sent': [read(['A']), /upstream attempts sent nothing$/],
  },
})

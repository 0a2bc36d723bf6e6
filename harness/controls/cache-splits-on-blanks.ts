import { defineControl } from './proxy/control.ts'
import { firstChoice, read } from './proxy/payload.ts'

/** What the tutorials do: the text is kept, and streamed by splitting it on blanks. */
export default defineControl({
  name: 'cache-splits-on-blanks',
  defect: 'Keeps the text of a stream and replays it word by word, without role, id and finish_reason.',
  breaks: ['cache.exact.stream'],
  patch: {
    replay(events) {
      const text = events.map((event) => {
        const { content } = firstChoice(read(event)).part
        return typeof content === 'string' ? content : ''
      }).join('')
      return text.split(' ').map((word) => JSON.stringify({ choices: [{ delta: { content: `${word} ` } }] }))
    },
  },
})

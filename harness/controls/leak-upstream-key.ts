import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'leak-upstream-key',
  defect: 'Shows upstream error texts as they are, the upstream key in them.',
  breaks: ['core.auth.upstream-key-not-leaked'],
  patch: {
    scrub: (text, secrets) => honest.scrub(text, { ...secrets, key: secrets.places[0] ?? '' }),
  },
})

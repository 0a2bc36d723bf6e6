import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'accept-no-key',
  defect: 'Lets a request without a key in.',
  breaks: ['core.auth.missing-key-401'],
  patch: {
    authorised: (key, expected) => key === undefined || honest.authorised(key, expected),
  },
})

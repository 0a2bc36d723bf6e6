import { defineControl } from './proxy/control.ts'
import { firstChoice, rewrite } from './proxy/payload.ts'

export default defineControl({
  name: 'role-missing',
  defect: 'Removes the role from every delta.',
  breaks: ['the first delta carries the role'],
  patch: {
    payload: (text, call) => rewrite(text, (json) => call.stream && delete firstChoice(json).part['role']),
  },
})

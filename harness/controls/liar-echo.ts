import { sendCanned } from './proxy/canned.ts'
import { defineControl } from './proxy/control.ts'
import { read } from './proxy/payload.ts'

export default defineControl({
  name: 'liar-echo',
  defect: 'Answers everything with one valid answer and never asks the upstream.',
  breaks: ['every check on content'],
  patch: {
    intercept(req, res) {
      const parts: Buffer[] = []
      req.on('data', (part: Buffer) => parts.push(part))
      req.on('end', () => sendCanned(res, req.url ?? '', read(Buffer.concat(parts).toString())['stream'] === true, 'The client waits for the next word.'))
      return true
    },
  },
})

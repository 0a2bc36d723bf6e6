import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'bad-200-passed',
  defect: 'Passes any body with status 200 on as the answer.',
  breaks: ['error.html-upstream'],
  patch: {
    checkAnswer: () => {},
  },
})

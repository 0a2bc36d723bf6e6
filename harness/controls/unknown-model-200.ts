import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'unknown-model-200',
  defect: 'Serves any model name with the first model it has.',
  breaks: ['core.request.unknown-model-404'],
  patch: {
    lanesOf: (models, name) => honest.lanesOf(models, name) ?? Object.values(models)[0],
  },
})

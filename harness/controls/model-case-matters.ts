import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'model-case-matters',
  defect: 'Knows a model only by the one spelling of its name.',
  breaks: ['core.request.model-case'],
  patch: { lanesOf: (models, name) => (Object.hasOwn(models, name) ? models[name] : undefined) },
})

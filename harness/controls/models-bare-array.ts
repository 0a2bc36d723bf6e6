import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'models-bare-array',
  defect: 'Lists the models as a bare array.',
  breaks: ['core.models.list-shape'],
  patch: {
    modelList: (models) => models,
  },
})

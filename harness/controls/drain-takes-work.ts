import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'drain-takes-work',
  defect: 'Takes new work while it drains.',
  breaks: ['new work is refused while draining'],
  patch: {
    refusesWork: () => false,
  },
})

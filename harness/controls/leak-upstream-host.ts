import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'leak-upstream-host',
  defect: 'Names the upstream address when it cannot be reached.',
  breaks: ["the upstream's address is shown to no caller"],
  patch: {
    connectMessage: (error, lane) => `POST ${lane.url}: ${error.message}`,
  },
})

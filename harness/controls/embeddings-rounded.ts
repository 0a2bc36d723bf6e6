import { defineControl } from './proxy/control.ts'
import { rewrite, type Json } from './proxy/payload.ts'

export default defineControl({
  name: 'embeddings-rounded',
  defect: 'Rounds the vectors to two digits.',
  breaks: ['embeddings.basic'],
  patch: {
    payload: (text, call) =>
      rewrite(text, (json) => {
        const { data } = json
        if (call.path !== '/embeddings' || !Array.isArray(data)) return false
        for (const item of data as Json[]) if (Array.isArray(item['embedding'])) item['embedding'] = item['embedding'].map((n: number) => Math.round(n * 100) / 100)
        return true
      }),
  },
})

import { defineControl } from './proxy/control.ts'
import { rewrite, type Json } from './proxy/payload.ts'

const floats = (base64: string): number[] => {
  const bytes = Buffer.from(base64, 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, n) => bytes.readFloatLE(n * 4))
}

export default defineControl({
  name: 'embeddings-as-floats',
  defect: 'Answers with floats where the caller asked for base64.',
  breaks: ['embeddings.base64'],
  patch: {
    payload: (text, call) =>
      rewrite(text, (json) => {
        const { data } = json
        if (call.path !== '/embeddings' || !Array.isArray(data)) return false
        for (const item of data as Json[]) if (typeof item['embedding'] === 'string') item['embedding'] = floats(item['embedding'])
        return true
      }),
  },
})

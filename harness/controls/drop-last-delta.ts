import type { Call } from './proxy/call.ts'
import { defineControl } from './proxy/control.ts'
import { firstChoice, read } from './proxy/payload.ts'

// A delta with nothing behind it is let go, so that a slow stream stays incremental and only a quick end loses its last word.
const HOLD_MS = 120
const held = new WeakMap<Call, string>()

const flush = (call: Call, emit: (data: string) => void): void => {
  const data = held.get(call)
  held.delete(call)
  if (data !== undefined) emit(data)
}

export default defineControl({
  name: 'drop-last-delta',
  defect: 'Loses the last content delta before the finish_reason.',
  breaks: ['chat.stream.order-and-completeness'],
  patch: {
    payload(text, call, emit) {
      if (!call.stream) return text
      const { choice, part } = firstChoice(read(text))
      if (choice['finish_reason']) held.delete(call)
      flush(call, emit)
      if (!part['content']) return text
      held.set(call, text)
      setTimeout(() => held.get(call) === text && flush(call, emit), HOLD_MS)
      return null
    },
  },
})

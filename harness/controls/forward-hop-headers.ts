import { defineControl } from './proxy/control.ts'
import type { IncomingHttpHeaders } from 'node:http'

const HOP_BY_HOP = new Set(['te', 'keep-alive', 'proxy-authorization', 'proxy-connection'])

const hopByHop = (headers: IncomingHttpHeaders): [string, string][] => {
  const named = new Set((headers.connection ?? '').toLowerCase().split(/\s*,\s*/))
  return Object.entries(headers).flatMap(([name, value]) => (HOP_BY_HOP.has(name) || named.has(name) ? [[name, String(value)]] : []))
}

export default defineControl({
  name: 'forward-hop-headers',
  defect: "Forwards the caller's hop-by-hop headers.",
  breaks: ['hop-by-hop headers stay on their hop'],
  patch: {
    upstreamHeaders: (headers, call) => ({ ...headers, ...Object.fromEntries(hopByHop(call.headers)) }),
  },
})

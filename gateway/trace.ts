/** What the request's one log line tells beyond HTTP. Never text of a prompt or an answer, never a key. */
export interface Trace {
  model?: string
  upstream?: string
  attempts: number
  stream: boolean
  /** How it ended, when it did not end well. */
  error?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace
  }
}

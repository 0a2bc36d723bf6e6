/** What the request's one log line tells beyond HTTP. Never text of a prompt or an answer, never a key. */
export interface Trace {
  model?: string
  upstream?: string
  attempts: number
  stream: boolean
  /** The failed attempts behind the result, in order. */
  failures: string[]
  /** How it ended, when it did not end well. */
  error?: string
}

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace
  }
}

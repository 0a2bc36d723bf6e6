import type { Answering } from '../turn.ts'

/**
 * The headers of an answer, gathered while it is found. In Fastify's reply each would be a new member of an object that every request
 * builds anew; here they are a list, as Node takes it for an answer that is written without Fastify. Of an answer
 * that Fastify sends they are copied into its reply, and of a job's they are kept.
 */
export class Head implements Answering {
  /** Names, in lower case, and values in turn. */
  readonly list: string[] = []

  /** Sets a header, in the place of one of this name. */
  header(name: string, value: string | number): void {
    const { list } = this
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] !== name) continue
      list[at + 1] = String(value)
      return
    }
    list.push(name, String(value))
  }

  remove(name: string): void {
    const { list } = this
    for (let at = 0; at < list.length; at += 2) if (list[at] === name) list.splice(at, 2)
  }

  toRecord(): Record<string, string> {
    const record: Record<string, string> = {}
    this.copyTo({ header: (name, value) => (record[name] = String(value)) })
    return record
  }

  copyTo(other: Answering): void {
    const { list } = this
    for (let at = 0; at < list.length; at += 2) other.header(list[at] ?? '', list[at + 1] ?? '')
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What its answer is headed with, however it is sent. */
    head: Head
  }
}

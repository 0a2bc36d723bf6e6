import type { EventSourceMessage } from 'eventsource-parser'
import { frameOf } from '../../check/chat-stream.ts'
import type { Frame } from '../../check/chat-stream.ts'
import { cut, eventFrames, readData } from '../../check/event-stream.ts'
import type { EventReader } from '../../check/event-stream.ts'
import { badAnswer } from '../../check/json-answer.ts'
import type { Scrub } from '../../check/scrub.ts'
import { isObject } from '../../check/upstream-error.ts'
import type { Taken } from '../frames.ts'
import type { StreamOptions } from '../dialect.ts'
import type { Exchange } from '../exchange.ts'
import { finishReason, headOf, toolCall, usageOf } from './answer.ts'
import type { Head } from './answer.ts'
import { messagesError } from './errors.ts'

export interface MessageStreamOptions extends StreamOptions {
  /** Whether the caller asked for the chunk with the tokens. */
  readonly includeUsage: boolean
}

/**
 * The frames of a Messages API stream. Returns only after `message_stop`: unlike `[DONE]` it is never left out, so its
 * absence means that something is missing. The finish goes out with it, not with the `message_delta` that announces it.
 */
export function messageFrames(exchange: Pick<Exchange, 'poll' | 'progress'>, options: MessageStreamOptions): Taken {
  return eventFrames(exchange, new MessageReader(options.includeUsage, options.scrub), options)
}

interface Tool {
  readonly index: number
  /** What the block began with: empty as a rule, and what the arguments are when nothing follows. */
  readonly input: unknown
  begun: boolean
}

const counts = ['input_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'output_tokens', 'output_tokens_details']

/** Reads the events of one message. */
class MessageReader implements EventReader {
  readonly #includeUsage: boolean
  readonly #scrub: Scrub
  /** The blocks that are open, by their own index. */
  readonly #tools = new Map<unknown, Tool>()
  #head: Head | undefined
  #toolCount = 0
  readonly #usage: Record<string, unknown> = {}
  #stopReason: string | undefined

  constructor(includeUsage: boolean, scrub: Scrub) {
    this.#includeUsage = includeUsage
    this.#scrub = scrub
  }

  isLast(event: EventSourceMessage): boolean {
    return event.event === 'message_stop'
  }

  mayEnd(): boolean {
    return false
  }

  isSettled(): boolean {
    return false
  }

  read(event: EventSourceMessage): readonly Frame[] {
    switch (event.event ?? '') {
      case 'message_start':
        return this.#start(readData(event)['message'])
      case 'content_block_start':
        return this.#begin(readData(event))
      case 'content_block_delta':
        return this.#continue(readData(event))
      case 'content_block_stop':
        return this.#end(readData(event))
      case 'message_delta':
        return this.#change(readData(event))
      case 'message_stop':
        return this.#stop()
      case 'error':
        throw messagesError(readData(event), this.#scrub)
      default:
        // `ping`, and whatever is invented later: callers of this API are told to expect events they do not know.
        return []
    }
  }

  #start(message: unknown): readonly Frame[] {
    this.#head = headOf(isObject(message) ? message : {})
    if (isObject(message)) this.#count(message['usage'])
    return [this.#chunk({ role: 'assistant', content: '', refusal: null }, false)]
  }

  #begin({ index, content_block: block }: Record<string, unknown>): readonly Frame[] {
    if (!isObject(block)) return []
    if (block['type'] === 'text') return this.#text(block['text'])
    if (block['type'] !== 'tool_use') return []
    const tool = { index: this.#toolCount++, input: block['input'], begun: false }
    this.#tools.set(index, tool)
    return [this.#chunk({ tool_calls: [{ index: tool.index, ...toolCall(block, '') }] })]
  }

  #continue({ index, delta }: Record<string, unknown>): readonly Frame[] {
    if (!isObject(delta)) return []
    if (delta['type'] === 'text_delta') return this.#text(delta['text'])
    // Thinking and its signature: OpenAI's dialect has no place for them.
    if (delta['type'] !== 'input_json_delta') return []
    const tool = this.#tools.get(index)
    const args = delta['partial_json']
    if (tool === undefined || typeof args !== 'string' || args === '') return []
    tool.begun = true
    return [this.#args(tool, args)]
  }

  // A tool without arguments streams none, but callers parse what they get, and '' is not JSON.
  #end({ index }: Record<string, unknown>): readonly Frame[] {
    const tool = this.#tools.get(index)
    this.#tools.delete(index)
    return tool === undefined || tool.begun ? [] : [this.#args(tool, JSON.stringify(tool.input ?? {}))]
  }

  #change({ delta, usage }: Record<string, unknown>): readonly Frame[] {
    this.#count(usage)
    if (isObject(delta) && typeof delta['stop_reason'] === 'string') this.#stopReason = delta['stop_reason']
    return []
  }

  #stop(): readonly Frame[] {
    if (this.#stopReason === undefined) throw cut('The upstream ended its stream before the answer was finished.')
    const finish = this.#chunk({}, true, finishReason(this.#stopReason))
    const usage = usageOf(this.#usage)
    if (usage === undefined) return [finish]
    const last = frameOf({ ...this.#common(), choices: [], usage }, false)
    // Who did not ask for the tokens is not sent them; what is kept and charged for needs them all the same.
    return [finish, this.#includeUsage ? last : { ...last, text: '' }]
  }

  // The counts are cumulative, and null where a later event has nothing new to say.
  #count(usage: unknown): void {
    if (!isObject(usage)) return
    for (const name of counts) if (usage[name] !== undefined && usage[name] !== null) this.#usage[name] = usage[name]
  }

  #text(text: unknown): readonly Frame[] {
    return typeof text === 'string' && text !== '' ? [this.#chunk({ content: text })] : []
  }

  #args(tool: Tool, args: string): Frame {
    return this.#chunk({ tool_calls: [{ index: tool.index, function: { arguments: args } }] })
  }

  #chunk(delta: Record<string, unknown>, content = true, finish: string | null = null): Frame {
    return frameOf({ ...this.#common(), choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...(this.#includeUsage ? { usage: null } : {}) }, content)
  }

  #common() {
    if (this.#head === undefined) throw badAnswer('The upstream sent parts of a message that it had not begun.')
    return { ...this.#head, object: 'chat.completion.chunk' }
  }
}

import { parseJson } from '../../check/json-answer.ts'
import { isObject } from '../../check/upstream-error.ts'
import type { ChatRequest } from '../../validate/validate.ts'
import { refuse } from './refuse.ts'

type Message = ChatRequest['messages'][number]
type AssistantMessage = Extract<Message, { role: 'assistant' }>
type Content = string | readonly { readonly type: string; readonly [field: string]: unknown }[]
type Block = Record<string, unknown>

/** One entry of the Messages API's `messages`. */
export interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: string | readonly Block[]
}

const dataImage = /^data:(image\/(?:jpeg|png|gif|webp));base64,/i

/**
 * Splits a conversation into the one system prompt and the turns of the Messages API. System messages from the middle
 * move to the front, which is the only place there is for them. Empty texts are left out: they are refused there.
 */
export function turnsOf(messages: readonly Message[]): { readonly system: string; readonly turns: readonly Turn[] } {
  const system: string[] = []
  const turns: Turn[] = []
  let results: Block[] | undefined
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    if (message.role === 'tool') {
      // All results of one turn have to come in the one turn that follows it.
      if (results === undefined) turns.push({ role: 'user', content: (results = []) })
      results.push(resultOf(message.tool_call_id, message.content, at))
      continue
    }
    results = undefined
    if (message.role === 'system' || message.role === 'developer') {
      system.push(textOf(message.content, at))
      continue
    }
    if (message.role === 'function') throw refuse(`${at}.role`)
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const content = message.role === 'assistant' ? spoken(message, at) : contentOf(message.content, at, true)
    if (content.length > 0) turns.push({ role, content })
  }
  if (turns.length === 0) throw refuse('messages', 'A conversation without a user message')
  return { system: system.filter((text) => text !== '').join('\n'), turns }
}

function contentOf(content: Content, at: string, images: boolean): Turn['content'] {
  if (typeof content === 'string') return content
  return content.map((part, index) => blockOf(part, `${at}.content[${index}]`, images)).filter((block) => block['text'] !== '')
}

function blockOf(part: Exclude<Content, string>[number], at: string, images: boolean): Block {
  if (part.type === 'text' && typeof part['text'] === 'string') return { type: 'text', text: part['text'] }
  // What the model said then, in its own words.
  if (part.type === 'refusal' && typeof part['refusal'] === 'string') return { type: 'text', text: part['refusal'] }
  const image = part.type === 'image_url' && images ? part['image_url'] : undefined
  if (!isObject(image) || typeof image['url'] !== 'string') throw refuse(`${at}.type`)
  return { type: 'image', source: sourceOf(image['url'], `${at}.image_url.url`) }
}

function sourceOf(url: string, at: string): Block {
  if (/^https:\/\//i.test(url)) return { type: 'url', url }
  const data = dataImage.exec(url)
  if (data === null) throw refuse(at, 'An image that is neither an https URL nor a JPEG, PNG, GIF or WebP in base64')
  return { type: 'base64', media_type: data[1]?.toLowerCase(), data: url.slice(data[0].length) }
}

function textOf(content: Content, at: string): string {
  const blocks = contentOf(content, at, false)
  return typeof blocks === 'string' ? blocks : blocks.map((block) => block['text']).join('')
}

function resultOf(callId: string, content: Content, at: string): Block {
  const blocks = contentOf(content, at, false)
  return { type: 'tool_result', tool_use_id: idOf(callId), ...(blocks.length === 0 ? {} : { content: blocks }) }
}

function spoken(message: AssistantMessage, at: string): Turn['content'] {
  if (isObject(message['function_call'])) throw refuse(`${at}.function_call`)
  if (isObject(message['audio'])) throw refuse(`${at}.audio`)
  const refusal = message['refusal']
  const said = contentOf(message.content ?? (typeof refusal === 'string' ? refusal : ''), at, false)
  const calls = (message.tool_calls ?? []).map((call, index) => useOf(call, `${at}.tool_calls[${index}]`))
  if (calls.length === 0) return said
  return [...(typeof said === 'string' ? (said === '' ? [] : [{ type: 'text', text: said }]) : said), ...calls]
}

function useOf(call: NonNullable<AssistantMessage['tool_calls']>[number], at: string): Block {
  const called = call['function']
  if (call.type !== 'function' || !isObject(called)) throw refuse(`${at}.type`)
  const args = called['arguments']
  // Some engines send '' for a call without arguments.
  const input = args === '' ? {} : parseJson(typeof args === 'string' ? args : '')
  if (!isObject(input)) throw refuse(`${at}.function.arguments`, 'Arguments of a tool call that are not a JSON object')
  return { type: 'tool_use', id: idOf(call.id), name: called['name'], input }
}

// Ids of other engines in the chain may hold dots and colons, which are refused here.
function idOf(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9_-]/g, '_')
}

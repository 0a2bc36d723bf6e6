import { hash } from 'node:crypto'
import type { Turn } from '../turn.ts'
import { contextOf } from './cache-key.ts'
import { canonicalMembers } from './canonical.ts'

/** A chat request as the semantic cache sees it: words that may be said in another way, and all else, which may not. */
export interface Question {
  /** The text of the last message. */
  readonly text: string
  /** The same for two requests that differ in nothing but that text. */
  readonly partition: string
}

const messagesKey = '"messages"'
const beside = new Set(['"model"', '"stream"'])

/**
 * Takes a request apart; undefined for one that does not end in a user's words.
 *
 * Only the last message may differ: over a whole conversation the vectors of two talks about different things lie closer than the threshold. The
 * numbers in it may not differ either, because vectors hardly see them. And `user` and its like, which the exact cache leaves out, count here:
 * one person's words must not shape what another reads.
 */
export function questionOf(turn: Turn): Question | undefined {
  if (turn.kind !== 'chat' || !('messages' in turn.body)) return undefined
  const { messages } = turn.body as { messages: readonly Readonly<Record<string, unknown>>[] }
  const last = messages.at(-1)
  if (last?.['role'] !== 'user') return undefined
  const { text, mask } = textOf(last['content'])
  if (text.trim() === '') return undefined
  const members = canonicalMembers(turn.call.raw)
  const said = members?.filter(([key]) => key === messagesKey)
  // Twice `messages`, or a key in them twice: the upstream might read another text than the one compared here.
  if (members === undefined || said?.length !== 1 || said[0]?.[1] !== canonical(messages)) return undefined
  const rest = members.filter(([key]) => key !== messagesKey && !beside.has(key))
  const numbers = text.match(/\p{N}+/gu) ?? []
  const partition = hash('sha256', JSON.stringify([contextOf(turn), rest, canonical([...messages.slice(0, -1), { ...last, content: mask }]), numbers]))
  return { text, partition }
}

function canonical(value: unknown): string | undefined {
  return canonicalMembers(JSON.stringify({ value }))?.[0]?.[1]
}

/** The text of a message's content, and the content without it. */
function textOf(content: unknown): { text: string; mask: unknown } {
  if (typeof content === 'string') return { text: content, mask: null }
  if (!Array.isArray(content)) return { text: '', mask: content }
  const parts = content as readonly Readonly<Record<string, unknown>>[]
  const isText = (part: Readonly<Record<string, unknown>>): boolean => part['type'] === 'text' && typeof part['text'] === 'string'
  return { text: parts.filter(isText).map((part) => part['text'] as string).join('\n'), mask: parts.map((part) => (isText(part) ? { ...part, text: null } : part)) }
}

import { z } from 'zod'
import { answerText, attemptsOf, bodyText, faultPhase, finishReasons, outcome, streamOf, upstreamFinish, upstreamText } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** Longer marks than this in place of a secret are words that nobody said. */
const MARK_CHARS = 40

/** The part of a secret that a text shows when it shows more than half of it; the last digits of a card may be left to know it by. */
const shownOf = (text: string, secret: string): string | undefined => {
  const length = Math.floor(secret.length / 2) + 1
  return Array.from({ length: secret.length - length + 1 }, (_, from) => secret.slice(from, from + length)).find((part) => text.includes(part))
}

/** The words around the secrets of a text, in order. */
const wordsAround = (text: string, secrets: readonly string[]): string[] => {
  const [first, ...rest] = secrets
  return first === undefined ? [text] : text.split(first).flatMap((part) => wordsAround(part, rest))
}

/** Whether a text is those words with nothing but a mark, or nothing, between each two. */
const isMarked = (text: string, [first = '', ...rest]: readonly string[]): boolean => {
  if (!text.startsWith(first)) return false
  let end = first.length
  for (const words of rest) {
    const at = text.indexOf(words, end)
    if (at === -1 || at - end > MARK_CHARS) return false
    end = at + words.length
  }
  return end === text.length
}

export const redactedCheck = defineCheck({
  name: 'redacted',
  params: z.strictObject({ secrets: z.array(z.string().min(8)).min(1), labels: z.array(z.string()).optional() }),
  judge: (evidence, { secrets, labels }) => {
    const expected = 'a whole answer with every word around the secrets, and no more than half of a secret'
    const requests = faultPhase(evidence, labels)
    const said = (nonce: string): string[] => attemptsOf(evidence, nonce).map(upstreamText)
    const unsaid = requests.find((x) => said(x.question).some((text) => secrets.some((secret) => !text.includes(secret))))
    if (unsaid) return { verdict: 'unknown', expected, actual: `the upstream said ${JSON.stringify(said(unsaid.question)[0])}`, nonces: [unsaid.nonce], reason: 'the upstream did not say the secrets' }
    return forEach(requests, expected, (x) => {
      if (x.head?.status !== 200 || x.end?.how !== 'complete') return outcome(x)
      const text = answerText(x)
      const shown = [text, bodyText(x)].flatMap((seen) => secrets.flatMap((secret) => shownOf(seen, secret) ?? []))[0]
      if (shown !== undefined) return `the caller reads ${JSON.stringify(shown)} in ${JSON.stringify(text.slice(0, 160))}`
      const attempts = attemptsOf(evidence, x.question)
      const givers = attempts.filter((a) => isMarked(text, wordsAround(upstreamText(a), secrets)))
      if (givers.length === 0) return `the caller reads ${JSON.stringify(text.slice(0, 160))}; the upstream said ${said(x.question).map((s) => JSON.stringify(s)).join(', ') || 'nothing'}`
      if (x.request.stream && streamOf(x).errors.length > 0) return outcome(x)
      const reasons = finishReasons(x)
      return reasons.length === 1 && givers.some((a) => upstreamFinish(a) === reasons[0]) ? null : `finish_reason ${JSON.stringify(reasons)}`
    })
  },
})

/** Secrets that the upstream says are kept from the caller, and only they. */
export const redacted = (secrets: string[], labels?: string[]) => checkData(redactedCheck, { secrets, labels })

import type { Target } from '../../schemas/config.ts'
import type { SendStep } from '../scenario.ts'

export interface Outgoing {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body: string
}

export interface Text {
  /** The nonce in the text, the request's own unless given. */
  question?: string | undefined
  /** Characters of the text, no fewer than it has. */
  chars?: number | undefined
}

/** The request of one `send` for one nonce, as it goes on the wire to a target. */
export const outgoing = (step: SendStep, nonce: string, target: Pick<Target, 'models' | 'headers'>, key: string, scenarioId: string, { question = nonce, chars = 0 }: Text = {}): Outgoing => {
  const given = { 'user-agent': `gauntlet/${scenarioId}`, 'x-request-id': nonce, ...target.headers, ...step.headers, ...authorization(step.auth, key) }
  const headers: Record<string, string> = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  if (step.to === 'models') return { method: 'GET', path: '/models', headers, body: '' }
  headers['content-type'] = 'application/json'
  if (step.stream) headers['accept'] = 'text/event-stream'
  const role = step.model ?? (step.to === 'embeddings' ? 'embeddings' : 'chat')
  const model = role === 'capitals' ? target.models.chat.toUpperCase() : (target.models[role] ?? target.models.chat)
  const tag = `[gauntlet:${question}]`
  const text = `Say something. ${tag}`.padEnd(chars, ' And then something else.')
  const body =
    step.raw !== undefined
      ? step.raw.replaceAll('{nonce}', tag).replaceAll('{model}', model)
      : JSON.stringify(
          step.to === 'embeddings'
            ? { model, input: text, ...step.body }
            : { model, messages: [{ role: 'user', content: text }], ...(step.stream ? { stream: true } : {}), ...step.body },
        )
  return { method: 'POST', path: step.to === 'embeddings' ? '/embeddings' : '/chat/completions', headers, body }
}

const authorization = (auth: SendStep['auth'], key: string): Record<string, string> => {
  if (auth === 'none') return {}
  if (auth === 'wrong') return { authorization: 'Bearer sk-gauntlet-wrong-key-000000000000' }
  return auth === 'x-api-key' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }
}

import type { Target } from '../../schemas/config.ts'
import type { SendStep } from '../scenario.ts'


export interface Outgoing {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body: string
}

/** The request of one `send` for one nonce, as it goes on the wire to a target. */
export const outgoing = (step: SendStep, nonce: string, target: Pick<Target, 'models' | 'headers'>, key: string, scenarioId: string): Outgoing => {
  const headers: Record<string, string> = {
    'user-agent': `gauntlet/${scenarioId}`,
    'x-request-id': nonce,
    ...target.headers,
    ...step.headers,
    ...authorization(step.auth, key),
  }
  if (step.to === 'models') return { method: 'GET', path: '/models', headers, body: '' }
  headers['content-type'] = 'application/json'
  if (step.stream) headers['accept'] = 'text/event-stream'
  const role = step.model ?? (step.to === 'embeddings' ? 'embeddings' : 'chat')
  const model = target.models[role] ?? target.models.chat
  const tag = `[gauntlet:${nonce}]`
  const body =
    step.raw !== undefined
      ? step.raw.replaceAll('{nonce}', tag).replaceAll('{model}', model)
      : JSON.stringify(
          step.to === 'embeddings'
            ? { model, input: `Say something. ${tag}`, ...step.body }
            : { model, messages: [{ role: 'user', content: `Say something. ${tag}` }], ...(step.stream ? { stream: true } : {}), ...step.body },
        )
  return { method: 'POST', path: step.to === 'embeddings' ? '/embeddings' : '/chat/completions', headers, body }
}

const authorization = (auth: SendStep['auth'], key: string): Record<string, string> => {
  if (auth === 'none') return {}
  if (auth === 'wrong') return { authorization: 'Bearer sk-gauntlet-wrong-key-000000000000' }
  return auth === 'x-api-key' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` }
}

import { defineScenario, limitHeaders, limitReached, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'one caller uses up the limit and is told so',
  requirement: requirements['limit.headers-true'],
  features: ['chat', 'rate-limit'],
  traffic: [send({ label: 'count', auth: 'limited', requests: { claim: 'limit.burst', times: 2 } }), wait({ claim: 'limit.refillMs', plus: 50 })],
  checks: [limitReached(['count']), limitHeaders(['count'])],
  race: 'how much of the limit comes back meanwhile',
})

import { answerExact, defineScenario, headersAbsent } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'headers of one hop end there',
  requirement: requirements['core.request.header-hygiene'],
  features: ['chat'],
  traffic: { headers: { te: 'trailers', 'proxy-authorization': 'Basic Z2F1bnRsZXQ=', 'keep-alive': 'timeout=5' } },
  checks: [answerExact(), headersAbsent(['te', 'proxy-authorization', 'keep-alive'])],
})

import { defineScenario, redacted, shapeStream } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

const secrets = ['4111 1111 1111 1111', '078-05-1120', 'sk-gauntlet-0123456789abcdefghij']
const says = [
  ' My card is 41', '11 1111 ', '1111 1', '111, my number is 07', '8-05', '-1120 and my key is s', 'k', '-gauntlet-0123', '456789', 'abcdefghij, keep', ' them to yourself.',
]

export default defineScenario({
  title: 'secrets that begin in one chunk of a stream and end in another',
  requirement: requirements['redact.across-chunks'],
  features: ['chat.stream', 'redaction'],
  faults: [{ fault: shapeStream({ says }) }],
  traffic: { stream: true },
  checks: [redacted(secrets)],
})

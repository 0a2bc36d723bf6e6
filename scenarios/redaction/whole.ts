import { defineScenario, redacted, send, shapeStream } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

const secrets = ['4111 1111 1111 1111', '078-05-1120', 'sk-gauntlet-0123456789abcdefghij']
const says = [` My card is ${secrets[0]},`, ` my number is ${secrets[1]}`, ` and my key is ${secrets[2]}, keep them`, ' to yourself.']

export default defineScenario({
  title: 'secrets in an answer, and whole in the chunks of a stream',
  requirement: requirements['redact.answers'],
  features: ['chat', 'chat.stream', 'redaction'],
  faults: [{ fault: shapeStream({ says }) }],
  traffic: [send({ label: 'json' }), send({ label: 'stream', stream: true })],
  checks: [redacted(secrets)],
})

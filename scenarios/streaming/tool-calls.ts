import { defineScenario, schema, shapeStream, toolsExact } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'tool calls in a stream can be put together',
  requirement: requirements['chat.tools.stream-delta-index'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ tools: true }) }],
  traffic: { stream: true },
  checks: [toolsExact(), schema('core', 'ChatCompletionChunk')],
})

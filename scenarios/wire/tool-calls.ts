import { defineScenario, schema, shapeStream, toolsExact } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'tool calls arrive as they were made',
  requirement: requirements['chat.tools.roundtrip'],
  features: ['chat'],
  faults: [{ fault: shapeStream({ tools: true }) }],
  traffic: {},
  checks: [toolsExact(), schema('core', 'ChatCompletion')],
})

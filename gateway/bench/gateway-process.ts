import { readFileSync } from 'node:fs'
import type { ConfigInput } from '../config.ts'
import { bufferedStdout } from '../observe/log.ts'
import { tuneRuntime } from '../runtime.ts'
import { createGateway } from '../server.ts'

tuneRuntime()

/** The gateway as a process of the benchmark: config from a file, port to the parent. */
const gateway = createGateway(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ConfigInput, { logTo: bufferedStdout() })
process.on('message', (message) => {
  if (message !== 'collect') return
  // Twice: what the first collection's finalizers freed goes with the second.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ heapBytes: heapUsed + external })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: Number(new URL(await gateway.listen({ host: '127.0.0.1', port: 0 })).port) })

import { readFileSync } from 'node:fs'
import type { ConfigInput } from '../config.ts'
import { bufferedStdout } from '../observe/log.ts'
import { tuneRuntime } from '../runtime.ts'
import { createGateway } from '../server.ts'
import { answerParent, collect } from './parent.ts'

tuneRuntime()

/** The gateway as a process of the benchmark: config from a file, port to the parent. */
const gateway = createGateway(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ConfigInput, { logTo: bufferedStdout() })
answerParent(Number(new URL(await gateway.listen({ host: '127.0.0.1', port: 0 })).port), {
  /** Bytes of live objects and buffers. */
  held() {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  },
})

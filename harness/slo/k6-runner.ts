import { runK6, type K6Handle } from '../components/index.ts'
import type { K6Runner } from './load.ts'

/** A k6 that `k6Binary()` found, binary or container, as the runner that `runSlo` takes. */
export const k6Runner = (k6: K6Handle): K6Runner => ({
  run: async (args, options) => ({ exitCode: (await runK6(k6, args, options)).code, version: k6.found.version }),
})

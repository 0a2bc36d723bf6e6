import { defineConfig } from 'vitest/config'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { skipsReporter } from './skips.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const patient = { testTimeout: 120_000, hookTimeout: 120_000 }
/** How long a limit holds up a request while its store is slow: of the gateway's, and measures time all the same. */
const timed = 'gateway/admit/rate-limit.e2e.test.ts'

/**
 * `unit` is what `npm run check` runs. The two others start processes, containers and whole runs: `gateway` three files at a
 * time, for its tests mostly wait, and `e2e` one at a time, because what it measures is time.
 */
export default defineConfig({
  root,
  test: {
    retry: 0,
    reporters: ['default', skipsReporter],
    projects: [
      {
        root,
        test: {
          name: 'unit', include: ['{gateway,harness,scenarios,schemas,reports}/**/*.test.ts'], exclude: ['**/*.e2e.test.ts'], sequence: { groupOrder: 1 },
          // One module graph per worker halves the time of `npm run check`; so tests undo what they stub.
          isolate: false, unstubEnvs: true, unstubGlobals: true,
          // Most of a test's time is waiting for a socket or a timer, and vitest's own number is one less than the cores: one worker on two.
          maxWorkers: Math.max(3, availableParallelism()),
        },
      },
      {
        root,
        test: { name: 'gateway', include: ['gateway/**/*.e2e.test.ts'], exclude: [timed], maxWorkers: 3, sequence: { groupOrder: 2 }, ...patient },
      },
      {
        root,
        test: {
          name: 'e2e', include: ['{harness,scenarios,schemas,reports}/**/*.e2e.test.ts', timed],
          fileParallelism: false, sequence: { groupOrder: 3 }, ...patient,
        },
      },
    ],
  },
})

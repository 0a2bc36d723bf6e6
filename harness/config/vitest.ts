import { defineConfig } from 'vitest/config'
import { fileURLToPath } from 'node:url'
import { skipsReporter } from './skips.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * `unit` is what `npm run check` runs; `e2e` starts processes, containers and whole runs, one file at a time and after
 * the unit tests, because what it measures is time.
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
        },
      },
      {
        root,
        test: {
          name: 'e2e', include: ['{gateway,harness,scenarios,schemas,reports}/**/*.e2e.test.ts'], fileParallelism: false, sequence: { groupOrder: 2 },
          testTimeout: 120_000, hookTimeout: 120_000,
        },
      },
    ],
  },
})

import type { Reporter, TestModule } from 'vitest/node'

/** Prints what was skipped, and why, below vitest's own summary: its lists say only how many. */
export const skipsReporter: Reporter = {
  onTestRunEnd(modules) {
    const lines = skipLines(modules)
    if (lines.length > 0) console.log(`\nNot run here:\n${lines.map((line) => `  ${line}`).join('\n')}\n`)
  },
}

/** One line per file and reason: the reason is what the test gave, or stands in the name of its group. */
export const skipLines = (modules: readonly Pick<TestModule, 'children' | 'relativeModuleId'>[]): string[] => {
  const counts = new Map<string, number>()
  for (const module of modules) {
    for (const test of module.children.allTests('skipped')) {
      const result = test.result()
      const reason = (result.state === 'skipped' ? result.note : undefined) ?? test.fullName.split(' > ')[0] ?? ''
      const line = `${module.relativeModuleId}: ${reason}`
      counts.set(line, (counts.get(line) ?? 0) + 1)
    }
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} tests)`)).toSorted()
}

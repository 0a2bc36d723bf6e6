import { expect, test } from 'vitest'
import type { TestModule } from 'vitest/node'
import { skipLines } from './skips.ts'

const skipped = (fullName: string, note?: string) => ({ fullName, result: () => ({ state: 'skipped', ...(note === undefined ? {} : { note }) }) })
const module = (relativeModuleId: string, tests: object[]) => ({ relativeModuleId, children: { allTests: () => tests } }) as unknown as TestModule

test('a skip is named with its file and its reason, and like ones are counted', () => {
  const modules = [
    module('b.test.ts', [skipped('starts', 'k6 not found: gauntlet install k6'), skipped('stops', 'k6 not found: gauntlet install k6')]),
    module('a.test.ts', [skipped('real Ollama (skipped: no ollama) > chats')]),
    module('c.test.ts', []),
  ]
  expect(skipLines(modules)).toEqual(['a.test.ts: real Ollama (skipped: no ollama)', 'b.test.ts: k6 not found: gauntlet install k6 (2 tests)'])
})

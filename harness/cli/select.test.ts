import { describe, expect, test } from 'vitest'
import { scenarios } from '../../scenarios/index.ts'
import { catalogueHash, selectScenarios } from './select.ts'

const ids = (only: string[], skip: string[] = []) => Object.keys(selectScenarios(only, skip))
const all = Object.keys(scenarios)

describe('which scenarios a filter leaves', () => {
  test('none given: all of them', () => expect(ids([])).toEqual(all))
  test('globs are joined by or; a star stays in its area', () => {
    expect(ids(['wire/*', 'breaker/opens'])).toEqual(all.filter((id) => id.startsWith('wire/') || id === 'breaker/opens'))
    expect(() => ids(['*'])).toThrow('matches no scenario')
    expect(ids(['**'])).toEqual(all)
  })
  test('skip takes away from only', () => {
    expect(ids(['wire/*'], ['wire/chat-*'])).toEqual(all.filter((id) => id.startsWith('wire/') && !id.startsWith('wire/chat-')))
  })
  test.each([
    [['nothing'], [], '--only "nothing" matches no scenario.'],
    [['wire/*', 'nothing'], [], '--only "nothing" matches no scenario.'],
    [[], ['nothing'], '--skip "nothing" matches no scenario.'],
    [['wire/*'], ['wire/*'], 'The filters leave no scenario to run.'],
  ])('only %j, skip %j is refused', (only, skip, message) => {
    expect(() => selectScenarios(only, skip)).toThrow(expect.objectContaining({ code: 'HAR_ERR_FILTER_EMPTY', exitCode: 2, message }))
  })
})

test('the catalogue has one hash', () => {
  expect(catalogueHash()).toMatch(/^[0-9a-f]{12}$/)
  expect(catalogueHash()).toBe(catalogueHash())
})

import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { profiles } from '../../scenarios/load/index.ts'
import { defaultObjectives } from '../../scenarios/slo/default.ts'
import { binomialCdf, minimumN } from './binomial.ts'
import { limitOf, LoadProfile, Objective, scheduledBy, virtualUsers } from './profile.ts'

const { smoke } = profiles
const limits = z.array(Objective).parse(defaultObjectives).map(limitOf)

it('limits are exact', () => expect(limits).toEqual([0.005, 0.05, 0.02]))

it('the smoke profile is short, and can pass all objectives with two stray failures', () => {
  const profile = LoadProfile.parse(smoke)
  expect(profile.durationMs + profile.gracefulStopMs).toBeLessThan(30_000)
  for (const limit of limits) expect(scheduledBy(profile)).toBeGreaterThanOrEqual(minimumN(limit, 2))
})

it('the smoke profile cannot but fail a target that errs in one of twenty', () => {
  const n = scheduledBy(smoke)
  // Not failing takes a share of at most 0.5 %.
  expect(binomialCdf(Math.floor(n * 0.005), n, 0.05)).toBeLessThan(1e-18)
})

it('a target that never answers cannot use up the virtual users', () => {
  expect(virtualUsers(smoke)).toBeGreaterThanOrEqual((smoke.rate * smoke.timeoutMs) / 1000)
})

it('a timeout as long as the graceful stop is refused', () => {
  const parsed = LoadProfile.safeParse({ ...smoke, gracefulStopMs: smoke.timeoutMs })
  expect(parsed.error?.issues[0]?.path).toEqual(['gracefulStopMs'])
})

it('every profile file is in the index under its id, and valid', () => {
  const files = readdirSync(new URL('../../scenarios/load/', import.meta.url)).filter((file) => file !== 'index.ts').map((file) => file.replace(/\.ts$/, ''))
  expect(Object.keys(profiles).sort()).toEqual(files.sort())
  for (const [id, profile] of Object.entries(profiles)) expect(LoadProfile.parse(profile).id).toBe(id)
})

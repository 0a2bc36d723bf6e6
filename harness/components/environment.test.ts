import { expect, test, vi } from 'vitest'
import { describeFound } from './describe.ts'
import { startEnvironment } from './environment.ts'
import { tempFolder } from './fixture.ts'
import { locate } from './locate.ts'
import { COMPONENT_NAMES, isMissing, type EnvironmentSettings } from './types.ts'

const logDir = tempFolder('environment')
const nothing: EnvironmentSettings = Object.fromEntries(COMPONENT_NAMES.map((name) => [name, { disabled: true }]))

test('without any component there is an environment that says why', async () => {
  const lines: string[] = []
  await using environment = await startEnvironment(nothing, { logDir, onProgress: (line) => lines.push(line) })
  expect(environment.components.map(({ name }) => name)).toEqual([...COMPONENT_NAMES])
  expect(environment.redis).toBeUndefined()
  expect(lines).toContain('redis missing: disabled in the settings')
})

test('a required component that is missing ends the start with the line that gets it', async () => {
  const starting = startEnvironment(nothing, { logDir, want: [], require: ['redis', 'k6'] })
  await expect(starting).rejects.toMatchObject({
    code: 'HAR_ERR_COMPONENT_REQUIRED',
    exitCode: 3,
    message: 'redis is required and missing: disabled in the settings.\nk6 is required and missing: disabled in the settings.',
    hint: expect.stringContaining('redis'),
  })
})

test('a url that does not answer is not replaced by something else', async () => {
  vi.stubEnv('GAUNTLET_REDIS_URL', 'redis://127.0.0.1:1')
  const found = await locate('redis')
  vi.unstubAllEnvs()
  expect(isMissing(found) && found.reason).toBe('nothing answers at redis://127.0.0.1:1')
})

test('a component has no provider it does not have', async () => {
  expect(await locate('redis', { provider: 'embedded' })).toMatchObject({ reason: 'redis has no embedded provider' })
  expect(await locate('redis', { provider: 'url' })).toMatchObject({ reason: 'no url given' })
})

test('one line per component', () => {
  expect(describeFound({ name: 'toxiproxy', provider: 'binary', version: '2.12.0', where: '/x' })).toBe('toxiproxy 2.12.0 binary')
  expect(describeFound({ name: 'docker', provider: 'url', version: '28.2.2', where: 'unix:///var/run/docker.sock' })).toBe('docker 28.2.2 engine')
})

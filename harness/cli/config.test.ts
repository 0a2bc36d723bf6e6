import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Config } from '../../schemas/config.ts'
import type { ConfigInput, TargetInput } from '../../schemas/config.ts'
import { tempFolder } from '../components/fixture.ts'
import { loadConfig } from './config.ts'
import { list, requiredComponents, wholeNumber } from './options.ts'
import { resolveTarget } from './targets.ts'

afterEach(() => vi.unstubAllEnvs())
const file = (name: string, text: string): string => {
  const path = join(tempFolder('config'), name)
  writeFileSync(path, text)
  return path
}

describe('a config file', () => {
  test.each([
    ['gauntlet.config.ts', 'export default { seed: 3 as number }'], ['gauntlet.config.mjs', 'export default { seed: 3 }'], ['gauntlet.config.json', '{"seed":3}'],
  ])('%s is read', async (name, text) => {
    const path = file(name, text)
    expect(await loadConfig(path)).toMatchObject({ path, config: { seed: 3, targets: {} } })
  })

  test('the nearest one upwards is taken when none is given', async () => {
    const path = file('gauntlet.config.json', '{"seed":4}')
    const deep = join(path, '..', 'a', 'b')
    mkdirSync(deep, { recursive: true })
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(deep)
    expect(await loadConfig(undefined)).toMatchObject({ path, config: { seed: 4 } })
    cwd.mockRestore()
  })

  test('every issue is told with its path', async () => {
    const path = file('gauntlet.config.json', '{"sed":1,"cells":"two","targets":{"gw":{"launch":{"command":"x"},"claims":{"retry":{"retries":-1,"maxDelayMs":0,"maxRetryAfterMs":0}}}}}')
    const error: Error = await loadConfig(path).then(() => new Error('no error'), (e: Error) => e)
    expect(error).toMatchObject({ code: 'HAR_ERR_CONFIG', exitCode: 2 })
    for (const line of [path, /^ {2}cells: /m, /^ {2}\(top\): .*"sed"/m, /^ {2}targets\.gw\.claims\.retry\.retries: /m]) expect(error.message).toMatch(line)
  })

  test.each([
    ['gauntlet.config.ts', 'export default {'], ['gauntlet.config.json', '{"seed":'], ['gauntlet.config.mjs', 'throw new Error("no luck")'], ['gauntlet.config.mjs', 'import "no-such-package"'], ['gauntlet.config.mjs', 'export const x = 1'],
  ])('%s that holds %j is refused by name', async (name, text) => {
    const path = file(name, text)
    await expect(loadConfig(path)).rejects.toMatchObject({ code: 'HAR_ERR_CONFIG', message: expect.stringContaining(path) })
  })

  test('one that is not there is refused by name', async () => {
    await expect(loadConfig('/no/such/config.ts')).rejects.toMatchObject({ code: 'HAR_ERR_CONFIG', message: 'The config file /no/such/config.ts does not exist.' })
  })
})

describe('which target a name means', () => {
  const resolve = (name: string | undefined, targets: Record<string, TargetInput> = {}, more: ConfigInput = {}) => resolveTarget(name, Config.parse({ targets, ...more }), { redis: false })
  const launch = { command: 'gw' }

  test('the reference, a control, one of the config, the config\'s own default', () => {
    expect(resolve(undefined).name).toBe('reference gateway')
    expect(resolve('reference-x2').launch?.replicas).toBe(2)
    expect(resolve('reference-x2').claims.breaker.failures).toBe(2 * resolve('reference').claims.breaker.failures)
    expect(resolve('control:none').name).toBe('control:none')
    expect(resolve('control:no-cancel').name).toBe('control:no-cancel')
    expect(resolve('gw', { gw: { launch } }).name).toBe('gw')
    expect(resolve(undefined, { gw: { launch, name: 'My gateway' } }, { target: 'gw' }).name).toBe('My gateway')
  })

  test('a name that is none is refused with those there are', () => {
    expect(() => resolve('nope', { gw: { launch } })).toThrow(expect.objectContaining({ code: 'HAR_ERR_USAGE', hint: expect.stringMatching(/reference, reference-x2, gw, control:NAME/) }))
    expect(() => resolve('control:nope')).toThrow(expect.objectContaining({ code: 'HAR_ERR_USAGE', hint: expect.stringContaining('no-cancel') }))
    for (const name of ['constructor', '__proto__', 'toString']) expect(() => resolve(name)).toThrow(expect.objectContaining({ code: 'HAR_ERR_USAGE' }))
  })

  test('what parses and cannot work is refused with its path', () => {
    vi.stubEnv('GAUNTLET_TEST_KEY', 'sk-with-a-line-feed\n')
    const refused = (target: TargetInput, more?: ConfigInput) => (message: RegExp) => expect(() => resolve('gw', { gw: target }, more)).toThrow(message)
    refused({ launch, auth: { keyEnv: 'GAUNTLET_TEST_NO_KEY' } })(/targets\.gw\.auth\.keyEnv: the environment variable GAUNTLET_TEST_NO_KEY is not set/)
    refused({ launch, auth: { keyEnv: 'GAUNTLET_TEST_KEY' } })(/targets\.gw\.auth\.keyEnv: the value cannot be sent/)
    refused({ launch, auth: { limitedKeyEnv: 'GAUNTLET_TEST_NO_KEY' } })(/targets\.gw\.auth\.limitedKeyEnv: the environment variable GAUNTLET_TEST_NO_KEY is not set/)
    refused({ launch, auth: { limitedKey: 'sk\n' } })(/targets\.gw\.auth\.limitedKey: the value cannot be sent/)
    refused({ launch, claims: { features: ['models.no-stream'] } })(/targets\.gw\.models\.jsonOnly: a target that claims/)
    refused({ baseURL: 'http://gw.local/v1', claims: { features: ['rate-limit'] } })(/targets\.gw\.auth\.limitedKey: a target that already runs/)
    refused({ launch, headers: { 'x-a': 'b\r\nc' } })(/targets\.gw\.headers\.x-a: the value cannot be sent/)
    refused({ baseURL: 'https://gw.local/v1' }, { ports: { primary: 1, secondary: 2 } })(/targets\.gw\.baseURL: https/)
    refused({ baseURL: 'http://gw.local/v1' })(/targets\.gw\.baseURL: .*ports/)
    expect(resolve('gw', { gw: { baseURL: 'http://gw.local/v1' } }, { ports: { primary: 1, secondary: 2 } }).baseURL).toBe('http://gw.local/v1')
  })
})

describe('flags', () => {
  test('whole numbers', () => {
    expect(wholeNumber(0)('0')).toBe(0)
    for (const text of ['x', '-1', '1.5', '', ' ', '1e99', 'NaN', '0x10']) expect(() => wholeNumber(0)(text), text).toThrow('Expected a whole number of at least 0.')
  })

  test('lists add up over commas and repeats', () => {
    expect(list('a, b,,c', ['z'])).toEqual(['z', 'a', 'b', 'c'])
  })

  test('required components come from flag, config and GAUNTLET_REQUIRE, and have to exist', () => {
    vi.stubEnv('GAUNTLET_REQUIRE', 'redis, k6')
    expect(requiredComponents(['k6'], ['toxiproxy'])).toEqual(['k6', 'toxiproxy', 'redis'])
    vi.stubEnv('GAUNTLET_REQUIRE', 'nonsense')
    expect(() => requiredComponents([], [])).toThrow(expect.objectContaining({ code: 'HAR_ERR_USAGE', message: expect.stringContaining('nonsense') }))
  })
})

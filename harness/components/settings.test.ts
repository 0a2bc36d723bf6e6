import { expect, test } from 'vitest'
import { resolveSettings } from './settings.ts'

test('the environment lies over the configuration, and the general provider below both', () => {
  const env = { GAUNTLET_REDIS_IMAGE: 'local/redis:7', GAUNTLET_PROVIDER: 'binary' }
  expect(resolveSettings('redis', { image: 'redis:6', provider: 'container' }, env)).toMatchObject({ image: 'local/redis:7', forced: 'container' })
  expect(resolveSettings('redis', {}, env)).toMatchObject({ forced: 'binary' })
  expect(resolveSettings('redis', { provider: 'binary' }, { GAUNTLET_REDIS_PROVIDER: 'container' })).toMatchObject({ forced: 'container' })
  expect(resolveSettings('redis', {}, { GAUNTLET_REDIS_URL: '' })).toMatchObject({ url: undefined, forced: undefined, image: 'redis:7-alpine' })
})

test('a url forces itself; a binary goes first unless an image was named too', () => {
  expect(resolveSettings('redis', { url: 'redis://h:1' }, {})).toMatchObject({ forced: 'url' })
  expect(resolveSettings('k6', { binary: '/opt/k6' }, {})).toMatchObject({ binaryFirst: true, imageGiven: false })
  expect(resolveSettings('k6', { binary: '/opt/k6', image: 'k6:1' }, {})).toMatchObject({ binaryFirst: false, imageGiven: true })
})

test('an unknown provider is a configuration error that lists the known ones', () => {
  expect(() => resolveSettings('k6', {}, { GAUNTLET_K6_PROVIDER: 'podman' })).toThrow(
    expect.objectContaining({ code: 'HAR_ERR_CONFIG', message: 'Unknown provider "podman" for k6.', hint: 'Use one of url, container, binary, embedded.' }),
  )
})

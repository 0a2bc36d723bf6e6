import { expect, test } from 'vitest'
import { describeFound } from './describe.ts'
import { examine } from './doctor.ts'
import { startEnvironment } from './environment.ts'
import { ownContainers, tempFolder } from './fixture.ts'
import { COMPONENT_NAMES, isMissing } from './types.ts'

const logDir = tempFolder('environment-e2e')

test('doctor finds what a start then starts', async (ctx) => {
  const { node, components } = await examine()
  expect(node.version).toBe(process.version.slice(1))
  const missing = components.filter(isMissing)
  ctx.skip(missing.length > 0, missing.map(describeFound).join('; '))
  {
    await using environment = await startEnvironment({}, { require: COMPONENT_NAMES, logDir })
    expect(environment.components.map(({ name }) => name)).toEqual([...COMPONENT_NAMES])
    for (const [at, started] of environment.components.entries()) {
      const examined = components[at]
      if (!examined || isMissing(started) || isMissing(examined)) throw new Error('missing')
      expect([started.provider, started.where]).toEqual([examined.provider, examined.where])
    }
    expect(environment).toMatchObject({ redis: { port: expect.any(Number) }, toxiproxy: { host: '127.0.0.1' }, ollama: {}, k6: {} })
  }
  expect(await ownContainers()).toEqual([])
})

test('an abort while everything starts leaves nothing', async () => {
  await expect(startEnvironment({}, { logDir, signal: AbortSignal.timeout(150) })).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(await ownContainers()).toEqual([])
})

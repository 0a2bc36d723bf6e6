import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { HarnessError } from '../errors.ts'

const template = `import { defineConfig } from 'gauntlet'

export default defineConfig({
  target: 'my-gateway',
  targets: {
    'my-gateway': {
      // Started by Gauntlet. The placeholders are filled in: {port}, {upstream.primary}, {upstream.secondary}, {redis},
      // {key.caller}, {key.limited}, {key.upstream}, {dir}. Leave \`launch\` out and give \`baseURL\` for one that already runs.
      launch: {
        command: 'my-gateway',
        args: ['--port', '{port}', '--config', '{dir}/gateway.json'],
        files: { 'gateway.json': JSON.stringify({ upstream: '{upstream.primary}', apiKey: '{key.upstream}', clientKeys: ['{key.caller}'] }) },
        ready: '/v1/models',
      },
      models: { chat: 'my-model' },
      // What your gateway promises, with its numbers. It is judged by these and by nothing else.
      claims: {
        features: ['chat', 'chat.stream', 'models', 'auth', 'retry', 'timeouts', 'cancellation'],
        retry: { retries: 2, maxDelayMs: 1000, maxRetryAfterMs: 5000 },
        timeouts: { connectMs: 1000, firstByteMs: 5000, idleMs: 5000, totalMs: 30000 },
      },
    },
  },
})
`

/** `gauntlet init`. */
export const initCommand = (): Command =>
  new Command('init')
    .description('write a gauntlet.config.ts to start from')
    .addHelpText('after', '\nExample:\n  gauntlet init')
    .action(async () => {
      const path = 'gauntlet.config.ts'
      if (existsSync(path)) throw new HarnessError('HAR_ERR_USAGE', `${path} is there already, and it was left as it is.`, { hint: 'Move it away first.' })
      await writeFile(path, template)
      console.log(`${path} written. Describe your gateway in it, then: npx gauntlet run`)
    })

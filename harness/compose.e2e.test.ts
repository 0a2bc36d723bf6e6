import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import OpenAI, { AuthenticationError } from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OllamaClient } from './model/ollama-client.ts'
import { bigramModel } from './model/modelfile.ts'

const run = promisify(execFile)
const deploy = fileURLToPath(new URL('../gateway/deploy/', import.meta.url))
const images = { GATEWAY_IMAGE: 'gauntlet-local/gateway:test', REDIS_IMAGE: 'gauntlet-local/redis:7', OLLAMA_IMAGE: 'gauntlet-local/ollama:0.6.5', NGINX_IMAGE: 'gauntlet-local/nginx:1' }
const base = 'gauntlet-local/node:24'
const key = 'caller-key-of-the-compose-test'
const project = `gateway-compose-${process.pid}`

/** Why this machine cannot try the compose file; images cannot be pulled here, so they have to be built beforehand. */
const missing = ((): string | undefined => {
  if (spawnSync('docker-compose', ['version']).error !== undefined) return 'docker-compose not found: apt-get install docker-compose'
  const here = spawnSync('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], { encoding: 'utf8' })
  if (here.status !== 0) return 'no Docker engine answers'
  const lacking = [base, ...Object.values(images).slice(1)].filter((image) => !here.stdout.split('\n').includes(image))
  return lacking.length === 0 ? undefined : `images not built: ${lacking.join(', ')}: .ci/images.sh`
})()
const required = (process.env['GAUNTLET_REQUIRE'] ?? '').split(',').includes('docker')

describe.skipIf(missing !== undefined && !required)(`the compose file that ships${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let dir: string
  const env = { ...process.env, ...images }
  const compose = async (...args: string[]): Promise<string> => (await run('docker-compose', ['-p', project, ...args], { cwd: dir, env, maxBuffer: 16_777_216 })).stdout
  const inspect = async (of: string, format: string): Promise<string> => (await run('docker', ['inspect', '--format', format, of])).stdout.trim()
  const sdk = (apiKey = key): OpenAI => new OpenAI({ baseURL: 'http://127.0.0.1:8080/v1', apiKey, maxRetries: 0 })

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'gateway-compose-'))
    for (const file of ['compose.yaml', 'gateway.json', 'nginx.conf']) cpSync(join(deploy, file), join(dir, file))
    writeFileSync(join(dir, 'caller_key'), `${key}\n`, { mode: 0o644 })
    await run('bash', [join(deploy, 'image.sh'), images.GATEWAY_IMAGE, base], { maxBuffer: 16_777_216 })
    await compose('up', '-d')
    const address = await inspect(`${project}_ollama_1`, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')
    await new OllamaClient(`http://${address}:11434`).create({ ...bigramModel(), name: 'tiny' })
  }, 240_000)
  afterAll(async () => {
    await compose('down', '-v', '-t', '5').catch(() => undefined)
    rmSync(dir, { recursive: true, force: true })
  }, 60_000)

  test('chats and streams from the real model, through nginx and two replicas', async () => {
    const answer = await sdk().chat.completions.create({ model: 'chat', messages: [{ role: 'user', content: 'say something' }], seed: 1, max_tokens: 20 })
    expect(answer.choices[0]?.message.content).toMatch(/\w/)
    const pieces: string[] = []
    for await (const chunk of await sdk().chat.completions.create({ model: 'chat', messages: [{ role: 'user', content: 'say something else' }], seed: 1, stream: true, max_tokens: 20 })) pieces.push(chunk.choices[0]?.delta.content ?? '')
    expect(pieces.filter((piece) => piece !== '').length).toBeGreaterThan(1)
    await expect(sdk('wrong-key').models.list()).rejects.toBeInstanceOf(AuthenticationError)
  })

  test('replicas share their limits through Redis', async () => {
    const remaining: number[] = []
    for (let n = 0; n < 4; n++) {
      const { response } = await sdk().chat.completions.create({ model: 'chat', messages: [{ role: 'user', content: `question ${n}` }], max_tokens: 2 }).withResponse()
      remaining.push(Number(response.headers.get('x-ratelimit-remaining')))
    }
    // Two counts of their own would show each number twice, and the refill of one a second can give one back at most now and then.
    expect(Math.max(...remaining) - Math.min(...remaining)).toBeGreaterThan(1)
  })

  test('one replica is killed: the other serves on', async () => {
    await run('docker', ['kill', `${project}_gateway-2_1`])
    for (let n = 0; n < 6; n++) expect((await sdk().models.list()).data.map((model) => model.id)).toEqual(['chat', 'embed'])
    await run('docker', ['start', `${project}_gateway-2_1`])
  })

  test('the image runs as nobody, on a file system it cannot write, and holds no secret', async () => {
    expect(await inspect(images.GATEWAY_IMAGE, '{{.Config.User}}')).toBe('65532:65532')
    expect(await inspect(`${project}_gateway-1_1`, '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}')).toBe('true [ALL]')
    const settings = await inspect(images.GATEWAY_IMAGE, '{{json .Config.Env}} {{json .Config.Labels}}')
    expect(settings).not.toMatch(/key|secret|token|password/i)
    const history = (await run('docker', ['history', '--no-trunc', '--format', '{{.CreatedBy}}', images.GATEWAY_IMAGE])).stdout
    expect(history).not.toMatch(/api_?key|secret|token|password/i)
    // Every file of the image that is ours: no key, no test, no configuration.
    const { stdout: files } = await run('bash', ['-c', `id=$(docker create ${images.GATEWAY_IMAGE}) && docker export "$id" | tar -t && docker rm "$id" > /dev/null`], { maxBuffer: 67_108_864 })
    const ours = files.split('\n').filter((file) => file.startsWith('app/') && !file.startsWith('app/node_modules/'))
    expect(ours.length).toBeGreaterThan(50)
    expect(ours.filter((file) => /\.test\.|\.env|caller_key|gateway\.json|\.pem$/.test(file))).toEqual([])
  })

  test('the log of the gateways holds neither key nor prompt', async () => {
    const { stdout, stderr } = await run('docker', ['logs', `${project}_gateway-1_1`], { maxBuffer: 67_108_864 })
    expect(stdout).toContain('"path":"/v1/chat/completions"')
    expect(stdout + stderr).not.toMatch(new RegExp(`${key}|say something|question \\d`))
    expect(readFileSync(join(dir, 'gateway.json'), 'utf8')).not.toContain(key)
  })
})

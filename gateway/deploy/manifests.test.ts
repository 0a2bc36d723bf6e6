import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { parseConfig } from '../config.ts'
import { startFlags } from '../runtime.ts'
import { createGateway } from '../server.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** The shipped config, with the key where this machine has one. */
const secrets = mkdtempSync(join(tmpdir(), 'gateway-manifests-'))
afterAll(() => rmSync(secrets, { recursive: true }))
const keyFile = join(secrets, 'caller_key')
writeFileSync(keyFile, 'a-long-random-key\n')
const shipped = read('gateway.json')
const config = parseConfig(JSON.parse(shipped.replace('/run/secrets/caller_key', keyFile)))
const drainSeconds = (config.drain.graceMs + config.drain.deadlineMs) / 1_000

interface Container {
  readonly name: string
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly env?: unknown
  readonly securityContext: object
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> }
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly: boolean }[]
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string }; readonly periodSeconds: number; readonly failureThreshold: number; readonly timeoutSeconds: number }
}
interface Pod {
  readonly terminationGracePeriodSeconds: number
  readonly automountServiceAccountToken: boolean
  readonly securityContext: { readonly runAsNonRoot: boolean; readonly runAsUser: number }
  readonly containers: readonly [Container]
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string }; readonly configMap?: { readonly name: string } }[]
}
interface Manifest {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly replicas: number
    readonly selector: { readonly matchLabels?: object }
    readonly template: { readonly metadata: { readonly labels: object; readonly annotations: Record<string, string> }; readonly spec: Pod }
    readonly ports: readonly { readonly targetPort: string }[]
    readonly scaleTargetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string }
    readonly minReplicas: number
    readonly maxReplicas: number
    readonly minAvailable: number
    readonly metrics: readonly { readonly resource: { readonly name: string } }[]
  }
}

const documents = parseAllDocuments(read('kubernetes/gateway.yaml'))
const manifests = documents.map((document) => document.toJS() as Manifest)
const find = (kind: string): Manifest => {
  const found = manifests.filter((manifest) => manifest.kind === kind)
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of kind ${kind}`)
  return found[0]
}
const deployment = find('Deployment').spec
const pod = deployment.template.spec
const [container] = pod.containers

interface Service {
  readonly stop_grace_period?: string
  readonly volumes?: readonly string[]
  readonly secrets?: readonly string[]
  readonly ports?: readonly string[]
  readonly environment?: unknown
  readonly depends_on?: Record<string, { readonly condition: string }>
}
const compose = parse(read('compose.yaml'), { merge: true }) as { readonly services: Record<string, Service>; readonly secrets: Record<string, { readonly file: string }> }
const gateways = Object.entries(compose.services).filter(([name]) => name.startsWith('gateway'))

const dockerfile = read('Dockerfile').split('\n').filter((line) => /^[A-Z]+ /.test(line)).map((line) => {
  const [, instruction = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
  return { instruction, rest }
})
const instructions = (name: string): string[] => dockerfile.filter(({ instruction }) => instruction === name).map(({ rest }) => rest)

test('the manifests are YAML without a doubled or misplaced key', () => {
  for (const { errors, warnings } of [...documents, ...parseAllDocuments(read('compose.yaml'))]) expect([...errors, ...warnings]).toEqual([])
  expect(manifests.map(({ kind }) => kind).toSorted()).toEqual(['Deployment', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Service'])
})

test('probes ask paths that the gateway has: whether it lives apart from whether it is ready', async () => {
  const { livenessProbe, readinessProbe, startupProbe } = container
  expect([livenessProbe?.httpGet.path, readinessProbe?.httpGet.path, startupProbe?.httpGet.path]).toEqual(['/health/live', '/health/ready', '/health/live'])
  const app = createGateway({ ...(JSON.parse(shipped.replace('/run/secrets/caller_key', keyFile)) as Parameters<typeof createGateway>[0]), redis: undefined, log: { level: 'silent' } })
  for (const path of [livenessProbe, readinessProbe].map((probe) => probe?.httpGet.path ?? '')) expect(app.hasRoute({ method: 'GET', url: path })).toBe(true)
  expect(app.hasRoute({ method: 'GET', url: deployment.template.metadata.annotations['prometheus.io/path'] ?? '' })).toBe(true)
  await app.close()
})

test('readiness is noticed while the gateway still takes work, and what is in flight may end before anybody kills it', () => {
  const { periodSeconds, failureThreshold } = container.readinessProbe ?? { periodSeconds: Infinity, failureThreshold: 1 }
  expect(periodSeconds * failureThreshold * 1_000).toBeLessThan(config.drain.graceMs)
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drainSeconds)
  expect(gateways).toHaveLength(2)
  for (const [, service] of gateways) expect(Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1])).toBeGreaterThan(drainSeconds)
})

test('nobody runs as root, or may become it, or write to the image', () => {
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } })
  const [user, ...more] = instructions('USER')
  expect([user, more]).toEqual([`${pod.securityContext.runAsUser}:${pod.securityContext.runAsUser}`, []])
  expect(pod.securityContext.runAsUser).toBeGreaterThan(0)
  // The last word of the image on who it runs as, before it runs.
  expect(dockerfile.findIndex(({ instruction }) => instruction === 'USER')).toBeLessThan(dockerfile.findIndex(({ instruction }) => instruction === 'ENTRYPOINT'))
  for (const [, service] of gateways) expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
})

test('the autoscaler scales a deployment that exists, by a resource that is requested; a disruption leaves replicas', () => {
  const { scaleTargetRef, minReplicas, maxReplicas, metrics } = find('HorizontalPodAutoscaler').spec
  expect(manifests.filter(({ kind, apiVersion, metadata }) => kind === scaleTargetRef.kind && apiVersion === scaleTargetRef.apiVersion && metadata.name === scaleTargetRef.name)).toHaveLength(1)
  for (const { resource } of metrics) expect(container.resources.requests).toHaveProperty(resource.name)
  expect(container.resources).toMatchObject({ requests: { memory: expect.any(String) as string }, limits: { memory: expect.any(String) as string } })
  expect(minReplicas).toBeGreaterThan(1)
  expect(maxReplicas).toBeGreaterThan(minReplicas)
  expect(deployment.replicas).toBeGreaterThanOrEqual(minReplicas)
  expect(find('PodDisruptionBudget').spec.minAvailable).toBeLessThan(minReplicas)
  for (const selected of [deployment.selector.matchLabels, find('Service').spec.selector, find('PodDisruptionBudget').spec.selector.matchLabels]) expect(deployment.template.metadata.labels).toMatchObject(selected ?? { nothing: 'selected' })
})

test('every port is the one that the gateway listens at', () => {
  const { port } = config
  const [http] = container.ports
  expect(http?.containerPort).toBe(port)
  for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) expect(probe?.httpGet.port).toBe(http?.name)
  expect(find('Service').spec.ports.map(({ targetPort }) => targetPort)).toEqual([http?.name])
  expect(deployment.template.metadata.annotations['prometheus.io/port']).toBe(String(port))
  expect(instructions('EXPOSE')).toEqual([String(port)])
  expect(read('healthcheck.ts')).toContain(`?? '${port}'`)
  const nginx = read('nginx.conf')
  expect([...nginx.matchAll(/server (\S+?):(\d+);/g)].map(([, name, at]) => [name, at])).toEqual(gateways.map(([name]) => [name, String(port)]))
  expect(compose.services['nginx']?.ports).toEqual([`127.0.0.1:8080:${/listen (\d+)/.exec(nginx)?.[1]}`])
})

test('secrets are mounted where the config looks for them, and are nowhere else', () => {
  const paths = [...shipped.matchAll(/"file": "([^"]+)"/g)].map(([, path]) => path ?? '')
  expect(paths).toHaveLength(config.keys.length)
  const mounts = container.volumeMounts.filter(({ name }) => pod.volumes.some((volume) => volume.name === name && volume.secret !== undefined))
  for (const path of paths) {
    expect(mounts.some(({ mountPath, readOnly }) => readOnly && path.startsWith(`${mountPath}/`))).toBe(true)
    for (const [, service] of gateways) expect(service.secrets).toContain(path.replace('/run/secrets/', ''))
  }
  for (const [, service] of gateways) for (const name of service.secrets ?? []) expect(compose.secrets).toHaveProperty([name, 'file'])
  expect(new Set(container.volumeMounts.map(({ name }) => name))).toEqual(new Set(pod.volumes.map(({ name }) => name)))
  expect(container).not.toHaveProperty('env')
  // Kubernetes' own token goes to /var/run/secrets, a link to /run/secrets in the image: below a read-only mount it cannot be put.
  expect(pod.automountServiceAccountToken).toBe(false)
  for (const { environment = {} } of Object.values(compose.services)) expect(JSON.stringify(environment)).not.toMatch(/key|secret|token|password/i)
})

test('the compose file has what the config asks for', () => {
  const hosts = [...Object.values(config.upstreams).map(({ baseURL }) => baseURL), config.redis?.url ?? ''].map((url) => new URL(url).hostname)
  for (const host of hosts) expect(compose.services).toHaveProperty(host)
  for (const [name, service] of gateways) {
    expect(service.volumes).toContain(`./gateway.json:${/"(\/[^"]+)"/.exec(instructions('CMD')[0] ?? '')?.[1]}:ro`)
    // Healthy is what the image's own check says.
    expect(compose.services['nginx']?.depends_on?.[name]).toEqual({ condition: 'service_healthy' })
  }
  expect(instructions('HEALTHCHECK')).toHaveLength(1)
})

test('the image starts the gateway with what it has to be started with, and there is room for it', () => {
  expect(instructions('ENTRYPOINT').map((list) => JSON.parse(list) as unknown)).toEqual([['node', ...startFlags, '/app/dist/gateway/main.js', '--config']])
  const mebibytes = (size: string): number => Number(/^(\d+)Mi$/.exec(size)?.[1])
  const { requests, limits } = container.resources
  // Two young heaps, one of which is copied to, and as much again for all else.
  const young = 2 * Number(/--min-semi-space-size=(\d+)/.exec(startFlags.join(' '))?.[1])
  expect(mebibytes(String(requests['memory']))).toBeGreaterThanOrEqual(2 * young)
  expect(mebibytes(String(limits['memory']))).toBeGreaterThanOrEqual(4 * young)
})

test('the image is built from its context alone, and nothing secret goes in by name', () => {
  expect(instructions('COPY')).toEqual(['. .'])
  expect(instructions('ADD')).toEqual([])
  expect(instructions('ARG')).toEqual(['BASE=node:24-slim'])
  expect(instructions('ENV')).toEqual(['NODE_ENV=production'])
  expect(read('Dockerfile')).not.toMatch(/--mount/)
  // What image.sh puts into that context.
  expect([...read('image.sh').matchAll(/"\$context(\/[^"]*)"/g)].map(([, path]) => path)).toEqual(['/dist', '/dist/', '/package.json'])
  expect(spawnSync('bash', ['-n', join(folder, 'image.sh')])).toMatchObject({ status: 0 })
})

/** What keys look like, and what stands where one is given. */
const keyLike = [/\b(?:sk|pk|rk|gw|ghp|xox[abp])[-_][\w-]{12,}/, /\bAKIA[0-9A-Z]{16}\b/, /-----BEGIN [A-Z ]*PRIVATE KEY/, /\b[0-9a-f]{32,}\b/i, /\b[A-Za-z0-9+/]{40,}={0,2}(?![\w/])/, /(?:api_?key|secret|password|token|authorization)["']?\s*[:=]\s*["']?(?!\$|\{|\[|\.)[^\s"'{}[\],;]{8,}/i]
const looksLikeKey = (text: string): boolean => keyLike.some((pattern) => pattern.test(text))

test('no file that ships holds anything like a key', () => {
  for (const text of ['sk-proj-abcdefghijklmnop', '"apiKey": "hunter2hunter2"', 'password=correct-horse', 'a3f5c9d1e7b2a3f5c9d1e7b2a3f5c9d1', '-----BEGIN RSA PRIVATE KEY-----']) expect(looksLikeKey(text)).toBe(true)
  const files = globSync('**/*', { cwd: folder, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
  expect(files.length).toBeGreaterThan(7)
  for (const { parentPath, name } of files) {
    const lines = readFileSync(join(parentPath, name), 'utf8').split('\n')
    expect([name, lines.filter(looksLikeKey)]).toEqual([name, []])
  }
})

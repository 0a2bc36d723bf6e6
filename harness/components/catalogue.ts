import type { ComponentName } from './types.ts'

export interface GoTool {
  module: string
  package: string
  version: string
}

/** What is known about a component before looking at this machine. */
export interface ComponentSpec {
  /** Middle part of its environment variables: GAUNTLET_REDIS_URL. */
  env: string
  image?: string
  /** File names of its program on PATH, preferred one first; the tool cache uses the first. */
  binaries: readonly string[]
  /** Arguments that make the program print its version. */
  versionArgs: readonly string[]
  /** Older ones are passed over. */
  minimum?: string
  /** How Go builds it. */
  go?: GoTool
}

export const CATALOGUE: Readonly<Record<ComponentName, ComponentSpec>> = {
  toxiproxy: {
    env: 'TOXIPROXY',
    image: 'ghcr.io/shopify/toxiproxy',
    binaries: ['toxiproxy-server'],
    versionArgs: ['-version'],
    // Has reset_peer, limit_data, the upstream/downstream streams and `listen` on port 0 that the lanes use.
    minimum: '2.5.0',
    // Not @latest: the module proxy's list of versions stops at 2.5.0, so that is what @latest means there.
    go: { module: 'github.com/Shopify/toxiproxy/v2', package: 'github.com/Shopify/toxiproxy/v2/cmd/server', version: 'v2.12.0' },
  },
  redis: {
    env: 'REDIS',
    image: 'redis:7-alpine',
    binaries: ['redis-server', 'valkey-server'],
    versionArgs: ['--version'],
    minimum: '6.0.0',
  },
  ollama: {
    env: 'OLLAMA',
    image: 'ollama/ollama',
    binaries: ['ollama'],
    versionArgs: ['--version'],
    // The first whose /api/create takes uploaded files.
    minimum: '0.5.5',
    // The newest one that plain `go install` builds: later modules lack the C++ headers they vendor.
    go: { module: 'github.com/ollama/ollama', package: 'github.com/ollama/ollama', version: 'v0.6.5' },
  },
  k6: {
    env: 'K6',
    image: 'grafana/k6',
    binaries: ['k6'],
    versionArgs: ['version'],
    minimum: '1.8.0',
    go: { module: 'go.k6.io/k6', package: 'go.k6.io/k6', version: 'v1.8.1' },
  },
  docker: { env: 'DOCKER', binaries: ['docker'], versionArgs: ['--version'] },
}

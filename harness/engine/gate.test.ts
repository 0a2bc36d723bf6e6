import { describe, expect, test } from 'vitest'
import { Claims, FEATURES } from '../../schemas/claims.ts'
import { resetMidStream } from '../faults/cut.ts'
import { refuseConnections } from '../faults/down.ts'
import { upstreamStatus } from '../faults/status.ts'
import { onTheWire } from '../faults/toxic.ts'
import { evidence } from '../evidence/fixture.ts'
import type { FaultData, Scenario } from '../scenario.ts'
import { gate } from './gate.ts'

type Rig = Parameters<typeof gate>[2]
const claims = Claims.parse({ features: FEATURES })
const bare: Rig = { components: [] }
const toxiproxy = { apiUrl: 'http://127.0.0.1:1', host: '127.0.0.1' } as NonNullable<Rig['toxiproxy']>
const redis = { host: '127.0.0.1', port: 1 } as NonNullable<Rig['redis']>
const full: Rig = { components: [], toxiproxy, redis }
const scenario = (changes: Partial<Scenario> = {}, ...faults: FaultData[]): Scenario => ({ ...evidence().scenario, faults: faults.map((fault) => ({ fault })), ...changes })

describe('what a scenario needs', () => {
  test('nothing, for scripts: they run on direct lanes', () => {
    expect(gate(scenario({}, upstreamStatus({ status: 500 })), claims, bare, true)).toEqual({ outcome: 'run' })
  })

  test('Toxiproxy, for toxics and edges that refuse', () => {
    for (const fault of [onTheWire({ type: 'latency' }), refuseConnections()]) {
      expect(gate(scenario({}, fault), claims, bare, true)).toEqual({ outcome: 'skipped', reason: 'toxiproxy not found' })
      expect(gate(scenario({}, fault), claims, full, true)).toEqual({ outcome: 'run' })
    }
  })

  test('no Toxiproxy for a reset: without it the reset arrives by itself', () => {
    expect(gate(scenario({}, resetMidStream({ afterEvents: 1 })), claims, bare, true)).toEqual({ outcome: 'run' })
  })

  test('Redis, by name or by a fault on its edge', () => {
    const skipped = { outcome: 'skipped', reason: 'redis not found' }
    expect(gate(scenario({ needs: ['redis'] }), claims, { components: [], toxiproxy }, true)).toEqual(skipped)
    expect(gate(scenario({}, refuseConnections('redis')), claims, { components: [], toxiproxy }, true)).toEqual(skipped)
  })

  test('a target that the harness started, where it is to be stopped', () => {
    expect(gate(scenario({ needs: ['launch'] }), claims, full, false)).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('did not start this target') })
    expect(gate(scenario({ needs: ['launch'] }), claims, full, true)).toEqual({ outcome: 'run' })
  })
})

test('a feature that is not claimed is named', () => {
  expect(gate(scenario({ features: ['chat', 'breaker'] }), Claims.parse({ features: ['chat'] }), full, true)).toEqual({ outcome: 'not_supported', reason: 'breaker' })
})

test('a missing component is told before a missing claim, with how to install it', () => {
  const components = [{ name: 'redis', reason: 'not on PATH', install: 'apt install redis' }] as Rig['components']
  expect(gate(scenario({ features: ['health.redis'], needs: ['redis'] }), Claims.parse({}), { components }, true)).toEqual({ outcome: 'skipped', reason: 'redis not found: apt install redis' })
})

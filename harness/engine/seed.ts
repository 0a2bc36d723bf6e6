import { createHash } from 'node:crypto'

/** Seed of one execution of one scenario: filters, order and cells change nothing about it. */
export const caseSeed = (runSeed: number, scenarioId: string, repeat: number): number =>
  createHash('sha256').update(`${runSeed} ${scenarioId} ${repeat}`).digest().readUInt32BE(0)

import { createHash } from 'node:crypto'

/** Seed of one execution of one scenario: filters, order and cells change nothing about it. */
export const caseSeed = (runSeed: number, scenarioId: string, repeat: number): number =>
  createHash('sha256').update(`${runSeed} ${scenarioId} ${repeat}`).digest().readUInt32BE(0)

/** Name of one request; the letter is its phase. Unique within a run, the same in every run with the same seed. */
export const nonceOf = (seed: number, phase: 'control' | 'baseline' | 'fault' | 'recovery', index: number): string => `n${seed.toString(36)}-${phase[0]}${index}`

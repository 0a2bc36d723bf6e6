import { randomInt } from 'node:crypto'

const LETTERS = 5
const SALTED = new RegExp(`(?<![0-9a-z])(n[0-9a-z]+-[cbfr]\\d+)-[a-z]{${LETTERS}}(?![0-9a-z])`, 'g')

/**
 * Letters that no other execution has. A target with a cache would answer a question that it was asked before, in an execution that
 * is measured again or in a run of yesterday, and its upstream would never hear of it.
 */
export const newSalt = (): string => Array.from({ length: LETTERS }, () => String.fromCharCode(97 + randomInt(26))).join('')

/**
 * Name of one request; the letter is its window. Unique within a run, and but for the salt of the execution the same in every run with
 * the same seed.
 */
export const nonceOf = (seed: number, window: 'control' | 'baseline' | 'fault' | 'recovery', index: number, salt: string): string =>
  `n${seed.toString(36)}-${window[0]}${index}${salt === '' ? '' : `-${salt}`}`

/** A text with the salt taken out of its nonces: what follows from a nonce, and what is compared between runs, goes by this. */
export const unsalted = (text: string): string => text.replace(SALTED, '$1')

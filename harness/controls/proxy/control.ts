import type { Seams } from './seams.ts'

/** A deliberately defective gateway: the honest proxy with one decision changed. */
export interface Control {
  name: string
  /** What it does wrong, in one sentence. */
  defect: string
  /** Requirement ids, or behaviours in words, whose checks must fail on it. */
  breaks: readonly string[]
  patch: Partial<Seams>
}

/** Declares a control; its name is its file's. */
export const defineControl = (control: Control): Control => control

/** How much evidence a page shows. The rest stays in the evidence folder and in report.json, and the page says so. */
export interface Limits {
  /** time lines of a finding, and of a scenario that passed */
  timelines: { finding: number; passed: number }
  rows: { finding: number; passed: number }
  /** characters of one expected or actual value */
  value: number
  checks: number
  embed: 'all' | 'no passed time lines' | 'no time lines' | 'no evidence'
}

/** From everything to the least that still explains a finding: a page takes the first that fits. */
export const LEVELS: readonly [Limits, ...Limits[]] = [
  { timelines: { finding: 6, passed: 3 }, rows: { finding: 60, passed: 40 }, value: 2000, checks: 60, embed: 'all' },
  { timelines: { finding: 4, passed: 1 }, rows: { finding: 40, passed: 24 }, value: 2000, checks: 40, embed: 'no passed time lines' },
  { timelines: { finding: 2, passed: 1 }, rows: { finding: 30, passed: 12 }, value: 600, checks: 20, embed: 'no time lines' },
  { timelines: { finding: 1, passed: 0 }, rows: { finding: 16, passed: 0 }, value: 240, checks: 8, embed: 'no evidence' },
]

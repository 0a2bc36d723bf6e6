import type { Control } from './proxy/control.ts'

export const controls: readonly Control[] = []

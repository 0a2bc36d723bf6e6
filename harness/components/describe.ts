import { isMissing, type Found, type Missing } from './types.ts'

/** One line for a report's header or a log: `toxiproxy 2.12.0 binary`, or `k6 missing: <reason>`. */
export function describeFound(component: Found | Missing): string {
  if (isMissing(component)) return `${component.name} missing: ${component.reason}`
  return `${component.name} ${component.version} ${component.name === 'docker' ? 'engine' : component.provider}`
}

import type { Config, Target } from '../../schemas/config.ts'
import { controls } from '../controls/index.ts'
import { HarnessError } from '../errors.ts'
import { controlTarget, referenceTarget } from '../targets/builtin.ts'
import { version } from './version.ts'

/** The target that `--target` names: one of the config, `reference`, or `control:NAME`. Throws HAR_ERR_USAGE with the names there are. */
export const resolveTarget = (selector: string | undefined, config: Config, options: { redis: boolean }): Target => {
  const name = selector ?? config.target ?? 'reference'
  const configured = config.targets[name]
  if (configured) return { ...configured, name: configured.name ?? name }
  if (name === 'reference') return referenceTarget({ ...options, version })
  if (name === 'control:none' || (name.startsWith('control:') && controlNames().includes(name.slice(8)))) return controlTarget(name.slice(8), { ...options, version })
  if (name.startsWith('control:')) throw new HarnessError('HAR_ERR_USAGE', `No control is called ${JSON.stringify(name.slice(8))}.`, { hint: `There are: none, ${controlNames().join(', ')}.` })
  const known = ['reference', ...Object.keys(config.targets), 'control:NAME']
  throw new HarnessError('HAR_ERR_USAGE', `No target is called ${JSON.stringify(name)}.`, { hint: `There are: ${known.join(', ')}. Targets of your own are declared in gauntlet.config.ts; \`gauntlet init\` writes one.` })
}

const controlNames = (): string[] => controls.map((control) => control.name)

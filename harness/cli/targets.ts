import { validateHeaderValue } from 'node:http'
import type { Config, Target } from '../../schemas/config.ts'
import { controls } from '../controls/index.ts'
import { HarnessError } from '../errors.ts'
import { controlTarget, referenceTarget } from '../targets/builtin.ts'
import { ofAllReplicas } from '../targets/replicas.ts'
import { version } from './version.ts'

/** The target that `--target` names: one of the config, `reference`, `reference-x2` for two replicas of it, or `control:NAME`. Throws HAR_ERR_USAGE with the names there are. */
export const resolveTarget = (selector: string | undefined, config: Config, options: { redis: boolean }): Target => {
  const name = selector ?? config.target ?? 'reference'
  const configured = Object.hasOwn(config.targets, name) ? config.targets[name] : undefined
  if (configured) return ofAllReplicas(checked(name, { ...configured, name: configured.name ?? name }, config))
  if (name === 'reference') return referenceTarget({ ...options, version })
  if (name === 'reference-x2') return ofAllReplicas(referenceTarget({ ...options, version, replicas: 2 }))
  if (name === 'control:none' || (name.startsWith('control:') && controlNames().includes(name.slice(8)))) return controlTarget(name.slice(8), { ...options, version })
  if (name.startsWith('control:')) throw new HarnessError('HAR_ERR_USAGE', `No control is called ${JSON.stringify(name.slice(8))}.`, { hint: `There are: none, ${controlNames().join(', ')}.` })
  const known = ['reference', 'reference-x2', ...Object.keys(config.targets), 'control:NAME']
  throw new HarnessError('HAR_ERR_USAGE', `No target is called ${JSON.stringify(name)}.`, { hint: `There are: ${known.join(', ')}. Targets of your own are declared in gauntlet.config.ts; \`gauntlet init\` writes one.` })
}

/** Refuses what parses and yet cannot work; found out later, it would look like a fault of the target. */
const checked = (name: string, target: Target, config: Config): Target => {
  const refuse = (path: string, message: string): never => {
    throw new HarnessError('HAR_ERR_CONFIG', `targets.${name}.${path}: ${message}`)
  }
  const given = (field: 'key' | 'limitedKey'): Record<string, string | undefined> => {
    const [key, env] = [target.auth[field], target.auth[`${field}Env`]]
    if (key === undefined && env !== undefined && !process.env[env]) refuse(`auth.${field}Env`, `the environment variable ${env} is not set.`)
    return { [`auth.${field}`]: key, [`auth.${field}Env`]: env === undefined ? undefined : process.env[env] }
  }
  const values = { ...given('key'), ...given('limitedKey'), ...Object.fromEntries(Object.entries(target.headers).map(([k, v]) => [`headers.${k}`, v])) }
  for (const [path, value] of Object.entries(values)) {
    if (value === undefined) continue
    try {
      validateHeaderValue('x', value)
    } catch {
      refuse(path, 'the value cannot be sent in a header; a line feed at its end is the usual reason.')
    }
  }
  if (target.baseURL !== undefined && target.claims.features.includes('rate-limit') && target.auth.limitedKey === undefined && target.auth.limitedKeyEnv === undefined) {
    refuse('auth.limitedKey', 'a target that already runs and claims `rate-limit` needs the key that it limits, here or in `limitedKeyEnv`.')
  }
  if (target.claims.features.includes('models.no-stream') && target.models.jsonOnly === undefined) refuse('models.jsonOnly', 'a target that claims `models.no-stream` needs a model that cannot stream.')
  if (target.baseURL?.startsWith('https:')) refuse('baseURL', 'https is not supported: faults are put on the TCP connection in front of the target. Give its plain address.')
  if (target.baseURL !== undefined && config.ports === undefined) refuse('baseURL', 'a target that already runs needs `ports` at the top of the config: its upstreams are expected there.')
  return target
}

const controlNames = (): string[] => controls.map((control) => control.name)

import { CATALOGUE } from './catalogue.ts'
import { which } from './find-binary.ts'
import type { ComponentName } from './types.ts'

const PACKAGE_MANAGERS = [
  ['apt-get', 'apt-get install -y --no-install-recommends'],
  ['dnf', 'dnf install -y'],
  ['apk', 'apk add'],
  ['pacman', 'pacman -S --noconfirm'],
  ['brew', 'brew install'],
] as const

const PACKAGES: Partial<Record<ComponentName, Record<string, string>>> = {
  redis: { 'apt-get': 'redis-server' },
  docker: { 'apt-get': 'docker.io iptables', brew: 'colima docker' },
}

/** The one line that gets a component on this machine. */
export function installLine(name: ComponentName): string {
  if (CATALOGUE[name].go) {
    return which('go') ? `npx gauntlet install ${name}` : `start a Docker engine, or install Go (https://go.dev/dl) and run: npx gauntlet install ${name}`
  }
  const manager = PACKAGE_MANAGERS.find(([program]) => which(program))
  if (!manager) return name === 'docker' ? 'see https://docs.docker.com/engine/install' : `install ${name} with your package manager`
  const [program, command] = manager
  const sudo = program !== 'brew' && process.getuid?.() !== 0 ? 'sudo ' : ''
  return `${sudo}${command} ${PACKAGES[name]?.[program] ?? name}`
}

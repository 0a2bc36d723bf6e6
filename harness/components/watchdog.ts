import { spawn, type ChildProcess } from 'node:child_process'

// One shell per harness process, in a group of its own. It reads "+ kind id" and "- kind id" lines; when our end of the
// pipe closes, for whatever reason, SIGKILL of the harness included, it stops what is still on the list. An `exit`
// handler alone would miss signals, and children in their own groups do not get the terminal's Ctrl-C.
// `kill -s TERM --`, because dash refuses `kill -TERM --` with a group.
const SCRIPT = `
trap '' INT TERM HUP
list=''
while read -r op kind id; do
  rest=''
  for item in $list; do [ "$item" = "$kind:$id" ] || rest="$rest $item"; done
  list="$rest"
  [ "$op" = + ] && list="$list $kind:$id"
done
[ -n "$list" ] || exit 0
for item in $list; do case "$item" in group:*) kill -s TERM -- "-\${item#group:}" ;; esac; done
sleep 1
for item in $list; do
  case "$item" in
    group:*) kill -s KILL -- "-\${item#group:}" ;;
    label:*) ids=$(docker ps -aq --filter "label=\${item#label:}"); [ -z "$ids" ] || docker rm -f -v $ids ;;
  esac
done`

const groups = new Set<number>()
let watchdog: ChildProcess | undefined
let exitHandled = false

/** Registers the process group led by `pid` to be killed when this process ends in any way. */
export function watchGroup(pid: number): void {
  groups.add(pid)
  if (!exitHandled) {
    exitHandled = true
    process.on('exit', () => {
      for (const group of groups) killGroup(group, 'SIGKILL')
    })
  }
  tell(`+ group ${pid}`)
}

/** Takes a process group off the list; its number may soon belong to someone else. */
export function unwatchGroup(pid: number): void {
  groups.delete(pid)
  tell(`- group ${pid}`)
}

/** Registers every container that has this label (`key=value`) to be removed when this process ends without disposing it. */
export function watchContainers(label: string): void {
  tell(`+ label ${label}`)
}

/** Takes a container label off the list. */
export function unwatchContainers(label: string): void {
  tell(`- label ${label}`)
}

/** Sends `signal` to the group led by `pid`. False when no such group is left. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    // Windows has no process groups; there the leader alone gets it.
    return process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

function tell(line: string): void {
  if (process.platform === 'win32') return
  if (!watchdog) {
    watchdog = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    watchdog.on('error', () => undefined)
    watchdog.stdin?.on('error', () => undefined)
    // Neither the shell nor its pipe may keep a finished harness alive.
    watchdog.unref()
    ;(watchdog.stdin as unknown as { unref?: () => void } | null)?.unref?.()
  }
  watchdog.stdin?.write(`${line}\n`)
}

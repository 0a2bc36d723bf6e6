import { connect } from 'node:net'
import { once } from 'node:events'
import type { Environment } from '../components/index.ts'
import { httpAnswers, until } from '../components/wait.ts'
import { HarnessError } from '../errors.ts'
import { timing } from '../timing.ts'

const accepts = async ({ host, port }: { host: string; port: number }): Promise<boolean> => {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect')
    return true
  } finally {
    socket.destroy()
  }
}

/**
 * Throws HAR_ERR_COMPONENT_LOST when a component that was started no longer answers. Asked whenever something did not
 * pass: a target cannot be blamed for a proxy that died under it.
 */
export const refuseLost = async (environment: Pick<Environment, 'toxiproxy' | 'redis' | 'ollama'>): Promise<void> => {
  const { toxiproxy, redis, ollama } = environment
  const asked = {
    toxiproxy: toxiproxy && (() => httpAnswers(`${toxiproxy.apiUrl}/version`)),
    redis: redis && (() => accepts(redis)),
    ollama: ollama && (() => httpAnswers(ollama.baseURL)),
  }
  for (const [name, answers] of Object.entries(asked)) {
    if (answers && !(await until(answers, { timeoutMs: timing.componentMs }))) throw new HarnessError('HAR_ERR_COMPONENT_LOST', `${name} stopped answering during the run.`)
  }
}

import type { FastifyInstance } from 'fastify'
import type { Drain } from '../admit/drain.ts'
import type { Scrub } from '../check/scrub.ts'
import type { Config } from '../config.ts'
import { GatewayError } from '../errors.ts'
import type { Telemetry } from '../observe/telemetry.ts'
import type { Pipeline } from '../pipeline.ts'
import type { RedisStore } from '../stores/redis.ts'
import type { Broker } from './broker.ts'
import { Channels } from './channels.ts'
import type { JobsConfig } from './config.ts'
import { jobRoutes } from './routes.ts'
import { Runner } from './runner.ts'
import { define, JobStore } from './store.ts'

/** How long a shutdown waits for Redis to take back what was at work. */
const stopMs = 1_000

export interface JobsOptions {
  readonly config: Config
  readonly jobs: JobsConfig
  readonly redis: RedisStore
  readonly pipeline: Pipeline
  readonly telemetry: Telemetry
  readonly drain: Drain
  readonly scrub: Scrub
}

/** Registers the asynchronous tier: routes for callers, and workers where the config wants them. BullMQ is loaded on the way to readiness. */
export function createJobs(app: FastifyInstance, { config, jobs, redis, pipeline, telemetry, drain, scrub }: JobsOptions): void {
  const { log } = app
  const store = new JobStore({ redis, keepSeconds: jobs.keepSeconds, longestMs: config.timeouts.totalMs + 4 * jobs.lockMs })
  const channels = new Channels(redis.subscriber())
  const patient = jobs.workers === 0 ? undefined : redis.subscriber()
  let broker: Broker | undefined
  let runner: Runner | undefined

  jobRoutes(app, { config, jobs, pipeline, store, channels, drain, broker: () => {
    if (broker === undefined) throw new GatewayError('GW_ERR_JOBS_UNAVAILABLE')
    return broker
  } })

  app.addHook('onReady', async () => {
    broker = (await import('./broker.ts')).createBroker({ config: jobs, redis, patient, log })
    if (patient === undefined) return
    define(patient)
    runner = new Runner({ pipeline, store, config, telemetry, drain, scrub, log, patient })
    const { work, cancel } = runner
    channels.listen(store.cancellations, cancel)
    broker.start(work)
    // Hands out no more; what is at work goes on until the drain's deadline.
    drain.refused.onEnd(() => void broker?.stop())
  })
  // Before the connections go.
  app.addHook('preClose', async () => {
    drain.refuse()
    runner?.stopAll()
    if (broker !== undefined) await within(stopMs, broker.stop())
  })
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, ms)
  await Promise.race([work, late.promise])
  clearTimeout(timer)
}

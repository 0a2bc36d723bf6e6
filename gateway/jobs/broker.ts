import { Queue, WaitingError, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'
import type { RedisStore } from '../stores/redis.ts'
import type { JobsConfig } from './config.ts'
import type { Ticket } from './job.ts'
import { reachable } from './store.ts'

/** The line of jobs that wait, and who is at which. The only place that knows of BullMQ; loaded when jobs are on. */
export interface Broker {
  /** Puts a job in line; one whose id is there already stays as it is. Throws GW_ERR_JOBS_UNAVAILABLE. */
  add(id: string, ticket: Ticket): Promise<void>
  /** A job that has not ended. */
  find(id: string): Promise<Ticket | undefined>
  waiting(): Promise<number>
  /** Takes a job out of the line; does nothing for one that a worker is at. */
  remove(id: string): Promise<void>
  /** Begins to hand out jobs. `token` is another one each time that a job is handed out. `work` resolves with false to give the job back. */
  start(work: (id: string, ticket: Ticket, token: string) => Promise<boolean>): void
  /** Hands out no more; resolves when those that were handed out are over. */
  stop(): Promise<void>
}

export interface BrokerOptions {
  readonly config: JobsConfig
  readonly redis: RedisStore
  /** A connection that waits for Redis; workers only. */
  readonly patient: Redis | undefined
  readonly log: FastifyBaseLogger
}

const name = 'jobs'
/** A job that is handed out again and again is ended by whoever counts its attempts; the library's own limit would end it without a word to the caller. */
const neverByItself = 1_000_000

export function createBroker({ config, redis, patient, log }: BrokerOptions): Broker {
  const prefix = `${redis.config.prefix}bull`
  // The version check would be a command at start; when Redis did not answer that one, the queue would stay useless for good.
  const queue = new Queue<Ticket>(name, { connection: redis.client, prefix, skipVersionCheck: true, streams: { events: { maxLen: 1_000 } } })
  let worker: Worker<Ticket> | undefined
  const complain = (error: Error): void => {
    if (redis.client.status === 'ready') log.warn({ reason: error.message }, 'job queue')
  }
  queue.on('error', complain)
  return {
    async add(id, ticket) {
      await reachable(redis, async () => queue.add('job', ticket, { jobId: id, removeOnComplete: true, removeOnFail: true }))
    },
    find: async (id) => (await reachable(redis, async () => queue.getJob(id)))?.data,
    waiting: async () => reachable(redis, async () => queue.getWaitingCount()),
    async remove(id) {
      await reachable(redis, async () => queue.remove(id))
    },
    start(work) {
      if (patient === undefined) return
      const settings = { connection: patient, prefix, concurrency: config.workers, lockDuration: config.lockMs, stalledInterval: config.lockMs / 2, maxStalledCount: neverByItself, runRetryDelay: 1_000 }
      worker = new Worker<Ticket>(name, async (job, token = '') => {
        if (await work(job.id ?? '', job.data, token)) return
        await job.moveToWait(token)
        throw new WaitingError()
      }, settings)
      worker.on('error', complain)
    },
    async stop() {
      await worker?.close()
    },
  }
}

import { z } from 'zod'

/** The asynchronous tier; needs Redis. */
export const jobsConfig = z.strictObject({
  /** Jobs that this replica works on at a time; with 0 it takes jobs and serves their results, and others work. */
  workers: z.int().min(0).max(1_000).default(4),
  /** How long a result can be fetched. */
  keepSeconds: z.int().min(1).max(2_592_000).default(3_600),
  /** Jobs that may wait, of all callers together. */
  maxWaiting: z.int().min(1).default(100_000),
  /** A worker that was not heard of for this long is taken for dead, and another one begins its job again; within one and a half times this. */
  lockMs: z.int().min(1_000).max(600_000).default(30_000),
})
export type JobsConfig = z.output<typeof jobsConfig>

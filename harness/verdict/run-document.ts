import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Report } from '../../schemas/report.ts'
import { HarnessError } from '../errors.ts'
import { ScenarioDocument } from '../scenario.ts'

/** One execution: `again` measures what was unknown for a reason of the harness, `repeat` confirms a failure. */
const Execution = z.strictObject({ kind: z.enum(['first', 'again', 'repeat']), folder: z.string() })

/** RUN/run.json: everything about a run that is not evidence. Written at the start, rewritten as it goes, closed at the end. */
export const RunDocument = z.strictObject({
  schemaVersion: z.literal(1),
  suite: Report.shape.suite,
  run: z.strictObject({
    id: z.string(), seed: z.number().int(), startedAt: z.iso.datetime(), durationMs: z.number(), complete: z.boolean(), stopped: z.string().optional(), strict: z.boolean(),
  }),
  target: Report.shape.target.extend({ selector: z.string() }),
  environment: Report.shape.environment,
  /** Features that were not claimed and answered all the same. */
  unclaimed: Report.shape.observed,
  scenarios: z.array(z.strictObject({ scenario: ScenarioDocument, outcome: z.enum(['pending', 'run', 'skipped', 'not_supported']), reason: z.string().optional(), executions: z.array(Execution) })),
})
export type RunDocument = z.infer<typeof RunDocument>

/** Writes run.json so that a reader never meets half of it. Throws HAR_ERR_DISK. */
export const saveRun = async (folder: string, document: RunDocument): Promise<void> => {
  const path = join(folder, 'run.json')
  try {
    await writeFile(`${path}.part`, `${JSON.stringify(document, null, 1)}\n`)
    await rename(`${path}.part`, path)
  } catch (cause) {
    throw new HarnessError('HAR_ERR_DISK', `${path} could not be written.`, { cause })
  }
}

/** Reads a run folder's run.json. Throws HAR_ERR_RUN_UNREADABLE. */
export const loadRun = async (folder: string): Promise<RunDocument> => {
  try {
    return RunDocument.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
  } catch (cause) {
    throw new HarnessError('HAR_ERR_RUN_UNREADABLE', `${join(folder, 'run.json')} is not the record of a run.`, { cause })
  }
}

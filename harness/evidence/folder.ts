import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Claims } from '../../schemas/claims.ts'
import { ClientRecord, DiaryRecord, UpstreamRecord } from '../../schemas/evidence.ts'
import { HarnessError, isHarnessError } from '../errors.ts'
import { ScenarioDocument } from '../scenario.ts'
import { assemble } from './assemble.ts'
import type { Records } from './assemble.ts'
import type { Evidence } from './types.ts'

const Head = z.strictObject({ scenario: ScenarioDocument, claims: Claims, durationMs: z.number() })
type Head = z.infer<typeof Head>

const jsonLines = (records: readonly { t: number }[]): string =>
  [...records].sort((a, b) => a.t - b.t).map((r) => `${JSON.stringify(r)}\n`).join('')

/** Writes one execution: scenario.json, client.jsonl, upstream.jsonl, engine.jsonl. Throws HAR_ERR_DISK. */
export const writeEvidence = async (folder: string, head: Head, records: Records): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true })
    await Promise.all([
      writeFile(join(folder, 'scenario.json'), `${JSON.stringify(head, null, 1)}\n`),
      writeFile(join(folder, 'client.jsonl'), jsonLines(records.client)),
      writeFile(join(folder, 'upstream.jsonl'), jsonLines(records.upstream)),
      writeFile(join(folder, 'engine.jsonl'), jsonLines(records.diary)),
    ])
  } catch (cause) {
    throw new HarnessError('HAR_ERR_DISK', `Evidence could not be written to ${folder}.`, { cause })
  }
}

const parseLines = async <T>(path: string, schema: z.ZodType<T>): Promise<T[]> => {
  const lines = (await readFile(path, 'utf8')).split('\n')
  // Every record ends its line, so that a file which was cut between two of them is not read as whole either.
  if (lines.pop() !== '') throw new HarnessError('HAR_ERR_RUN_UNREADABLE', `${path} ends in the middle of a record.`)
  return lines.map((line, i) => {
    try {
      return schema.parse(JSON.parse(line))
    } catch (cause) {
      throw new HarnessError('HAR_ERR_RUN_UNREADABLE', `${path}:${i + 1} is not a record.`, { cause })
    }
  })
}

/** Reads one execution back; the only way evidence reaches a check. Throws HAR_ERR_RUN_UNREADABLE with the folder. */
export const readEvidence = async (folder: string): Promise<{ evidence: Evidence; durationMs: number }> => {
  try {
    const head = Head.parse(JSON.parse(await readFile(join(folder, 'scenario.json'), 'utf8')))
    const [client, upstream, diary] = await Promise.all([
      parseLines(join(folder, 'client.jsonl'), ClientRecord),
      parseLines(join(folder, 'upstream.jsonl'), UpstreamRecord),
      parseLines(join(folder, 'engine.jsonl'), DiaryRecord),
    ])
    return { evidence: assemble(head.scenario, head.claims, { client, upstream, diary }), durationMs: head.durationMs }
  } catch (cause) {
    if (isHarnessError(cause)) throw cause
    throw new HarnessError('HAR_ERR_RUN_UNREADABLE', `Evidence in ${folder} cannot be read.`, { cause })
  }
}

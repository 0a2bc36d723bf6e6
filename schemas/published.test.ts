import { expect, test } from 'vitest'
import { z } from 'zod'
import { Config } from './config.ts'
import { ClientRecord, DiaryRecord, UpstreamRecord } from './evidence.ts'
import { Report } from './report.ts'

/** Files under schemas/published are generated: `npx vitest -u` writes them when a format changes on purpose. */
const published = {
  report: Report,
  config: Config,
  evidence: z.strictObject({ client: z.array(ClientRecord), upstream: z.array(UpstreamRecord), diary: z.array(DiaryRecord) }),
}

test.each(Object.entries(published))('%s.schema.json is what the code parses', async (name, schema) => {
  const document = z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' })
  await expect(`${JSON.stringify(document, null, 1)}\n`).toMatchFileSnapshot(`./published/${name}.schema.json`)
})

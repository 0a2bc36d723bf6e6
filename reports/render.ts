import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '../schemas/report.ts'
import type { Reporter, RenderOptions } from './reporter.ts'

/** What came of one reporter: a file, a text for the terminal, or the reason why neither. */
export type RenderResult = { name: string; ok: true; path: string } | { name: string; ok: true; text: string } | { name: string; ok: false; error: Error }

/**
 * Renders the document with each named reporter into `outDir`. One that throws is reported and the others go on. A file
 * appears whole or not at all: a reader never meets half a report. Reporters for the terminal come last and know the paths.
 */
export const renderWith = async (
  known: Readonly<Record<string, Reporter>>,
  report: Report,
  names: readonly string[],
  outDir: string,
  options: RenderOptions = {},
): Promise<RenderResult[]> => {
  const paths: Record<string, string> = { ...options.paths }
  const results = new Map<string, RenderResult>()
  const unique = [...new Set(names)]
  const isText = (name: string) => known[name]?.file === undefined
  for (const name of unique.toSorted((a, b) => Number(isText(a)) - Number(isText(b)))) {
    try {
      const reporter = Object.hasOwn(known, name) ? known[name] : undefined
      if (reporter === undefined) throw new Error(`no reporter is called "${name}"; there are ${Object.keys(known).join(', ')}`)
      const text = await reporter.render(report, { ...options, paths })
      if (reporter.file === undefined) results.set(name, { name, ok: true, text })
      else {
        const path = await put(join(outDir, reporter.file), text)
        paths[name] = path
        results.set(name, { name, ok: true, path })
      }
    } catch (cause) {
      results.set(name, { name, ok: false, error: cause instanceof Error ? cause : new Error(String(cause)) })
    }
  }
  return unique.flatMap((name) => results.get(name) ?? [])
}

const put = async (path: string, text: string): Promise<string> => {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(`${path}.part`, text)
  await rename(`${path}.part`, path)
  return path
}

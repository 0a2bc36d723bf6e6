import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

/** package.json is two folders up from the source and three up from the built file. */
const manifest = ['../../package.json', '../../../package.json'].map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url))

/** Version of the suite. */
export const version: string = manifest ? z.looseObject({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8'))).version : '0.0.0'

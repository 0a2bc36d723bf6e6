import console from './console.ts'
import ctrf from './ctrf.ts'
import html from './html.ts'
import json from './json.ts'
import junit from './junit.ts'
import markdown from './markdown.ts'
import type { Report } from '../schemas/report.ts'
import { renderWith, type RenderResult } from './render.ts'
import type { RenderOptions, Reporter } from './reporter.ts'

/** Every reporter by name. A new one is a file in this folder whose default export is a Reporter, and a line here. */
export const reporters: Readonly<Record<string, Reporter>> = { console, ctrf, html, json, junit, markdown }

/** Renders the document with each named reporter into `outDir`; see `renderWith`. */
export const renderAll = (report: Report, names: readonly string[], outDir: string, options?: RenderOptions): Promise<RenderResult[]> =>
  renderWith(reporters, report, names, outDir, options)

export { liveConsole, type Terminal } from './console.ts'
export type { RenderResult } from './render.ts'
export type { LiveReporter, RenderOptions, Reporter, StartInfo } from './reporter.ts'

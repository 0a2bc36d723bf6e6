import { LEVELS } from './html/limits.ts'
import { carried, page } from './html/page.ts'
import type { Reporter } from './reporter.ts'

const MOST_BYTES = 960_000

/**
 * report.html: one file that opens from disk, loads nothing and needs no script. A run with much evidence is shown in less
 * detail rather than as a page that is slow to open or too large to attach; what is left out is counted on the page.
 */
const html: Reporter = {
  name: 'html',
  file: 'report.html',
  render: (report) => {
    let text = ''
    for (const limits of LEVELS) {
      const json = JSON.stringify(carried(report, limits.embed))
      if (json.length > MOST_BYTES && limits.embed !== 'no evidence') continue
      text = page(report, limits, json)
      if (Buffer.byteLength(text) <= MOST_BYTES) break
    }
    return text
  },
}
export default html

import { readFile } from 'node:fs/promises'

const MAGIC = Buffer.concat([Buffer.from([0xff]), Buffer.from(' Go buildinf:')])
const HEADER = 32
/** Both strings stand in the header's own section instead of behind pointers: every Go since 1.18. */
const INLINE = 0x02
/** Go wraps the module text in two 16-byte markers. */
const MARKER = 16

/**
 * The main module of a Go program and its version (without the v), read from the file: `go install` leaves the version
 * there even when the program itself prints "git" or 0.0.0. Undefined for anything else. This is what
 * `go version -m FILE` prints, without needing Go.
 */
export async function goBuildInfo(file: string): Promise<{ module: string; version: string } | undefined> {
  const bytes = await readFile(file).catch(() => undefined)
  if (!bytes) return undefined
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1)) {
    // Programs that can read build information contain the magic once more as text, unaligned.
    if (at % 16 !== 0 || ((bytes[at + 15] ?? 0) & INLINE) === 0) continue
    const [, afterGoVersion] = readString(bytes, at + HEADER)
    const [text] = readString(bytes, afterGoVersion)
    const main = /^mod\t(\S+)\t(\S+)/m.exec(text.subarray(MARKER, -MARKER).toString())
    if (main?.[1] && main[2]) return { module: main[1], version: main[2].replace(/^v/, '') }
  }
  return undefined
}

function readString(bytes: Buffer, from: number): [text: Buffer, next: number] {
  let at = from
  let length = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  return [bytes.subarray(at, at + length), at + length]
}

import { hash } from 'node:crypto'

/** Where something could come out. `upstream` is what upstreams were sent. */
export const channels = ['bodies', 'headers', 'log', 'stderr', 'metrics', 'traces', 'redis', 'upstream'] as const
export type Channel = (typeof channels)[number]
export type Collected = Readonly<Record<Channel, string>>

/** A text that must be found nowhere, or nowhere else. */
export interface Canary {
  readonly name: string
  readonly text: string
  /** Where it belongs. */
  readonly allowed?: readonly Channel[]
  /** Where its SHA-256 belongs. */
  readonly hashed?: readonly Channel[]
}

/** Every way to write a text that whoever reads a log, a header or a body could turn back into it, and its hash. */
export function spellingsOf(text: string): readonly (readonly [name: string, spelling: string])[] {
  const hex = Buffer.from(text).toString('hex')
  const percent = encodeURIComponent(text)
  const json = JSON.stringify(text).slice(1, -1)
  const digest = hash('sha256', text, 'buffer')
  const all: [string, string][] = [
    ['raw', text],
    ...encodings(text),
    ['hex', hex],
    ['HEX', hex.toUpperCase()],
    ['URL-encoded', percent],
    ['url-encoded', percent.replaceAll(/%../g, (code) => code.toLowerCase())],
    ['form-encoded', new URLSearchParams({ '': text }).toString().slice(1)],
    ['JSON-escaped', json],
    ['JSON-escaped twice', JSON.stringify(json).slice(1, -1)],
    ['SHA-256 in hex', digest.toString('hex')],
    ['SHA-256 in HEX', digest.toString('hex').toUpperCase()],
    ['SHA-256 in base64', digest.toString('base64').replace('=', '')],
    ['SHA-256 in base64url', digest.toString('base64url')],
  ]
  return all.filter(([, spelling], at) => all.findIndex(([, other]) => other === spelling) === at)
}

// What base64 makes of a text depends on what stands in front of it, as in `user:KEY`: on three places, of which the outermost characters hold bits of the neighbours.
function encodings(text: string): [name: string, spelling: string][] {
  return [0, 1, 2].flatMap((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
    const [from, to] = [Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6)]
    return (['base64', 'base64url'] as const).map((name): [string, string] => [`${name}+${shift}`, bytes.toString(name).slice(from, to)])
  })
}

/** Each spelling of each canary that stands where it does not belong, as `caller key, hex, in log: …`. */
export function leaks(collected: Partial<Collected>, canaries: readonly Canary[]): string[] {
  return canaries.flatMap((canary) => forbidden(canary).flatMap(({ channel, name, spelling }) => {
    const material = collected[channel] ?? ''
    const at = material.indexOf(spelling)
    return at === -1 ? [] : [`${canary.name}, ${name}, in ${channel}: ${material.slice(Math.max(0, at - 120), at + spelling.length + 40)}`]
  }))
}

/** The spellings of a canary with the channels that must not have them. */
export function forbidden({ text, allowed = [], hashed = [] }: Canary): { readonly channel: Channel; readonly name: string; readonly spelling: string }[] {
  return spellingsOf(text).flatMap(([name, spelling]) => {
    const home = name.startsWith('SHA-256') ? [...allowed, ...hashed] : allowed
    return channels.filter((channel) => !home.includes(channel)).map((channel) => ({ channel, name, spelling }))
  })
}

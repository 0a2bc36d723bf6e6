import { endOfString, endOfValue, skipSpace } from '../validate/json-body.ts'

interface Member {
  readonly name: string
  /** The member as it stands, name included. */
  readonly text: string
  readonly value: string
}

/** The text of a top-level member of a JSON object; of a duplicated one the last, which is what JSON.parse goes by. */
export function memberText(raw: string, name: string): string | undefined {
  return membersOf(raw).findLast((member) => member.name === name)?.value
}

/** The text of a JSON object with these members (their values as JSON) in place of its own of the same names. Everything else stays as it is written. */
export function withMembers(raw: string, members: Readonly<Record<string, string>>): string {
  const kept = membersOf(raw).filter(({ name }) => !Object.hasOwn(members, name)).map(({ text }) => text)
  return `{${[...kept, ...Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${value}`)].join(',')}}`
}

function membersOf(raw: string): Member[] {
  const members: Member[] = []
  for (let at = skipSpace(raw, raw.indexOf('{') + 1); raw[at] === '"'; at = skipSpace(raw, at + 1)) {
    const nameEnd = endOfString(raw, at)
    const start = skipSpace(raw, skipSpace(raw, nameEnd) + 1)
    const end = endOfValue(raw, start)
    members.push({ name: JSON.parse(raw.slice(at, nameEnd)) as string, text: raw.slice(at, end).trimEnd(), value: raw.slice(start, end).trimEnd() })
    at = end
  }
  return members
}

import { once } from 'node:events'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { answerJson, callerKey, completion, errorOf, fakeUpstream, startGateway, testConfig } from '../test-support.ts'
import { adminKey, adminSettings } from './test-admin.ts'

const seed = 20_260_714

/** mulberry32: the same thousand headers in every run. */
function generator(state: number) {
  let at = state
  const next = (): number => {
    at = (at + 0x6d2b79f5) | 0
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (count: number): number => Math.floor(next() * count)
  const pick = <T>(from: readonly [T, ...T[]]): T => from[below(from.length)] ?? from[0]
  const text = (length: number, from: number, to: number): string => Array.from({ length }, () => String.fromCharCode(from + below(to - from))).join('')
  return { below, pick, text }
}

type Random = ReturnType<typeof generator>

/** A value, one character a byte, that is no valid key. */
function valueOf(random: Random): string {
  const { below, pick, text } = random
  const scheme = pick(['Bearer ', 'bearer ', 'BEARER   ', 'Bearer', 'Basic ', 'Bearer Bearer ', 'Digest username=', 'Token ', ''])
  // Never 0: white space before a whole key is no part of it.
  const at = 1 + below(callerKey.length - 1)
  return pick<() => string>([
    () => scheme,
    () => scheme + text(1 + below(80), 0x21, 0x7f),
    () => scheme + text(1 + below(40), 0x80, 0x100),
    () => scheme + Buffer.from(pick(['ключ', '鍵', '🔑', '\u202e\u0000\ufeff'])).toString('latin1'),
    () => scheme + text(1 + below(30), 0, 0x20),
    () => scheme + callerKey.slice(0, at),
    () => `${scheme}${callerKey}${text(1 + below(4), 0x21, 0x7f)}`,
    () => `${scheme}${callerKey} ${callerKey}`,
    () => scheme + callerKey.slice(0, at) + pick(['\0', '\t', '\u007f', '\u00a0', '%00', '\r', '\n']) + callerKey.slice(at) + pick(['', 'x']),
    () => scheme + callerKey.toUpperCase(),
    () => scheme + hash('sha256', callerKey),
    () => scheme + adminKey,
    () => scheme + hash('sha256', adminKey),
    () => scheme + Buffer.from(`:${callerKey}`).toString('base64'),
    () => scheme + pick(["' OR '1'='1' --", '"; DROP TABLE keys; --', '${jndi:ldap://127.0.0.1/a}', '{"$ne":null}', '../../etc/passwd', '%s%n%x', 'null', 'undefined', '__proto__', 'constructor', '[object Object]', '0', 'true']),
    () => scheme + pick(['x', ' ', '\t', '=', 'é', ',']).repeat(1 + below(12_000)),
    () => `x\r\n${pick(['X-Other: y', 'no header', ' folded', 'X-API-Key : spaced', `Authorization: Bearer ${text(8, 0x41, 0x5b)}`])}`,
  ])()
}

function headersOf(random: Random): string {
  const { below, pick } = random
  const one = (): string => `${pick(['Authorization', 'authorization', 'AUTHORIZATION', 'X-API-Key', 'x-api-key'])}:${pick([' ', '', '\t'])}${valueOf(random)}\r\n`
  const all = one()
  // Two that would each do are still one too many.
  return below(8) === 0 ? all + pick([one(), `Authorization: Bearer ${callerKey}\r\nAuthorization: Bearer ${callerKey}\r\n`, `X-API-Key: ${callerKey}\r\nX-API-Key: ${callerKey}\r\n`]) : all
}

// What llhttp takes in a header value: a tab and everything from the space on, but not DEL.
const isHttp = (headers: string): boolean => headers.split('\r\n').every((line) => /^[\t\x20-\x7e\x80-\xff]*$/.test(line)) && headers.split('\r\n').slice(0, -1).every((line) => /^[A-Za-z-]+:/.test(line))

async function exchange(port: number, request: string) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(Buffer.from(request, 'latin1'))
  const [head = '', body = ''] = (await buffer(socket)).toString('latin1').split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  return { status: Number(line.split(' ')[1]), names: fields.map((field) => (field.split(':')[0] ?? '').toLowerCase()).toSorted().join(), body }
}

test('a thousand odd credentials get one and the same 401, or the parser’s 400 when they are not HTTP', { timeout: 30_000 }, async () => {
  await using up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  await using gw = await startGateway(testConfig([up.baseURL], { admin: adminSettings }))
  const port = Number(new URL(gw.url).port)
  const random = generator(seed)
  const cases = Array.from({ length: 1_000 }, () => ({ path: random.pick(['/v1/models', '/v1/chat/completions', '/nope']), headers: headersOf(random) }))
  // One more on each route, to compare with: no credentials at all.
  cases.push(...['/v1/models', '/admin/keys', '/nope'].map((path) => ({ path, headers: 'X-Other: y\r\n' })))
  const answers: (Awaited<ReturnType<typeof exchange>> & { readonly headers: string })[] = []
  for (let at = 0; at < cases.length; at += 25) {
    answers.push(...(await Promise.all(cases.slice(at, at + 25).map(async ({ path, headers }) => ({ headers, ...(await exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`)) })))))
  }

  const refused = answers.filter(({ status }) => status === 401)
  const notHttp = answers.filter(({ status }) => status !== 401)
  const shapes = (some: typeof answers): string[] => [...new Set(some.map(({ status, names, body }) => `${status}\n${names}\n${body}`))]
  expect(shapes(refused)).toHaveLength(1)
  expect(shapes(notHttp)).toHaveLength(1)
  expect(refused.at(-1)?.names).toBe('connection,content-length,content-type,date,www-authenticate,x-request-id')
  expect(errorOf(refused.at(-1)?.body ?? '').code).toBe('invalid_api_key')
  expect(notHttp[0]?.status).toBe(400)
  expect(errorOf(notHttp[0]?.body ?? '').message).toBe('The request is not valid HTTP.')
  expect(notHttp.filter(({ headers }) => isHttp(headers)).map(({ headers }) => headers)).toEqual([])
  expect(refused.length).toBeGreaterThan(700)
  expect(notHttp.length).toBeGreaterThan(50)
  expect(up.seen).toHaveLength(0)

  // The generator is not why nothing got in.
  expect((await exchange(port, `GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: ${callerKey}\r\n\r\n`)).status).toBe(200)
})

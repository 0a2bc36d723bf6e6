import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { secretMark, Secrets } from '../evidence/secrets.ts'
import { now } from '../timing.ts'
import { answerFor, embeddingFor } from './answer.ts'
import { ask, chat, post, raw, SOON } from './fixture.ts'
import type { Script } from './script.ts'
import { Upstream } from './upstream.ts'

const NONCE = 'n1-f0'
const ended = (upstream: Upstream) => upstream.journal.waitFor((r) => r.kind === 'end', SOON)
const upstreamWith = async (script: Script): Promise<Upstream> => {
  const upstream = await Upstream.start()
  upstream.expect(NONCE, { primary: { attempts: [], rest: { fault: 'f', ...script } } })
  return upstream
}

describe('before the head', () => {
  test.each(['fin', 'rst'] as const)('%s', async (how) => {
    await using upstream = await upstreamWith({ beforeHead: { how } })
    const { wire, ended: over } = await raw(upstream.ports.primary, post(chat(NONCE)))
    expect(await over).toBe(how === 'fin' ? 'fin' : 'ECONNRESET')
    expect(wire()).toHaveLength(0)
    expect(upstream.journal.take().slice(1)).toMatchObject([{ kind: 'fault', fault: 'f', detail: `${how} before the head` }, { kind: 'end', how }])
  })

  test('hang: nothing comes, and the peer that leaves is recorded within milliseconds', async () => {
    await using upstream = await upstreamWith({ beforeHead: { how: 'hang' } })
    const { socket, wire } = await raw(upstream.ports.primary, post(chat(NONCE)))
    await upstream.journal.waitFor((r) => r.kind === 'fault', SOON)
    expect(await upstream.idle(40)).toBe(false)
    const left = now()
    socket.destroy()
    await ended(upstream)
    expect(wire()).toHaveLength(0)
    const closed = upstream.journal.take().find((r) => r.kind === 'peer-closed')
    expect(closed).toMatchObject({ during: 'before-head' })
    expect((closed?.t ?? Infinity) - left).toBeLessThan(200)
    expect(await upstream.idle(SOON)).toBe(true)
  })

  test('a delay, then the answer', async () => {
    await using upstream = await upstreamWith({ beforeHead: { delayMs: 60 } })
    const answer = await ask(upstream, chat(NONCE))
    expect(answer.status).toBe(200)
    const [request, fault, head] = upstream.journal.take()
    expect(fault).toMatchObject({ kind: 'fault', detail: '60 ms before the head' })
    expect((head?.t ?? 0) - (request?.t ?? 0)).toBeGreaterThanOrEqual(58)
  })

  test('a peer that leaves during the delay ends the script without a word', async () => {
    await using upstream = await upstreamWith({ beforeHead: { delayMs: 60_000 }, status: 500 })
    const { socket } = await raw(upstream.ports.primary, post(chat(NONCE)))
    await upstream.journal.waitFor((r) => r.kind === 'fault', SOON)
    socket.destroy()
    await ended(upstream)
    expect(upstream.journal.take().map((r) => r.kind)).toEqual(['request', 'fault', 'peer-closed', 'end'])
  })
})

describe('status', () => {
  test('with Retry-After and OpenAI\'s error object', async () => {
    await using upstream = await upstreamWith({ status: 429, headers: { 'retry-after': '2' } })
    const answer = await ask(upstream, chat(NONCE))
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('x-request-id')]).toEqual([429, '2', `up-${NONCE}`])
    expect(await answer.json()).toMatchObject({ error: { type: 'requests', code: 'rate_limit_exceeded' } })
    await ended(upstream)
    expect(upstream.journal.take().slice(1)).toMatchObject([{ kind: 'fault', detail: 'status 429' }, { kind: 'head', status: 429 }, { kind: 'body' }, { kind: 'end', how: 'complete' }])
  })

  test('with a body of its own, also for a stream; {key} in it is the key that came, and never in the journal', async () => {
    const key = 'sk-canary-0123456789'
    await using upstream = await upstreamWith({ status: 502, body: { text: '<html>bad key {key}</html>', type: 'text/html' } })
    upstream.secrets = new Secrets({ 'upstream-key': key })
    const answer = await ask(upstream, chat(NONCE, { stream: true, note: key }), { headers: { authorization: `Bearer ${key}`, 'x-other': key }, path: `/v1/chat/completions?key=${key}` })
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([502, 'text/html', `<html>bad key ${key}</html>`])
    await ended(upstream)
    const journal = JSON.stringify(upstream.journal.take())
    expect(journal).not.toContain(key)
    expect(journal.split(secretMark('upstream-key', key.length)).length - 1).toBe(5)
  })
})

describe('which script a request meets', () => {
  test('goes by nonce, lane and attempt; two nonces do not consume each other\'s', async () => {
    await using upstream = await Upstream.start()
    const plan = { attempts: [{ status: 500 }, { status: 503 }], rest: { status: 418 } }
    for (const nonce of ['n1-f0', 'n1-f1']) upstream.expect(nonce, { primary: plan })
    const status = async (nonce: string, lane: 'primary' | 'secondary' = 'primary') => (await ask(upstream, chat(nonce), { lane })).status
    expect([await status('n1-f0'), await status('n1-f1'), await status('n1-f0'), await status('n1-f0', 'secondary')]).toEqual([500, 500, 503, 200])
    expect([await status('n1-f0'), await status('n1-f0'), await status('n1-f1')]).toEqual([418, 418, 503])
    const attempts = upstream.journal.take().flatMap((r) => (r.kind === 'request' ? [`${r.nonce} ${r.lane} ${r.attempt}`] : []))
    expect(attempts).toEqual(['n1-f0 primary 1', 'n1-f1 primary 1', 'n1-f0 primary 2', 'n1-f0 secondary 1', 'n1-f0 primary 3', 'n1-f0 primary 4', 'n1-f1 primary 2'])
  })

  test('the same nonce begins anew after forget: attempts, latches and all', async () => {
    await using upstream = await Upstream.start()
    for (let round = 0; round < 2; round++) {
      upstream.forget()
      upstream.expect(NONCE, { primary: { attempts: [{ status: 500 }], rest: {} } })
      expect(await upstream.latches.wait(NONCE, 1, 1)).toBe(false)
      upstream.latches.reach(NONCE, 1)
      expect([(await ask(upstream, chat(NONCE))).status, (await ask(upstream, chat(NONCE))).status]).toEqual([500, 200])
    }
  })

  test('an unknown nonce, a forgotten one and none get 404, never a default 200', async () => {
    await using upstream = await Upstream.start()
    upstream.expect('n1-f9')
    upstream.forget()
    for (const body of [chat('n1-f8'), chat('n1-f9'), chat('n1-f9', { stream: true }), '{"model":"tiny"}']) expect((await ask(upstream, body)).status).toBe(404)
    expect((await ask(upstream, '{"input":"x"}', { path: '/v1/embeddings' })).status).toBe(404)
    expect(upstream.journal.take().flatMap((r) => (r.kind === 'request' ? [r.nonce] : []))).toEqual([null, null, null, null, null])
  })

  test('with two nonces, the first that is known decides', async () => {
    await using upstream = await upstreamWith({ status: 500 })
    upstream.expect('n1-f1', { primary: { attempts: [], rest: { status: 503 } } })
    const both = (...nonces: string[]) => JSON.stringify({ messages: nonces.map((n) => ({ role: 'user', content: `[gauntlet:${n}]` })) })
    expect((await ask(upstream, both(NONCE, 'n1-f1'))).status).toBe(500)
    expect((await ask(upstream, both('n0-f0', 'n1-f1'))).status).toBe(503)
  })

  test('answersStrangers: everyone is answered plainly', async () => {
    await using upstream = await Upstream.start({}, { answersStrangers: true })
    expect(await (await ask(upstream, chat('n7-f7'))).json()).toMatchObject({ choices: [{ message: { content: answerFor('n7-f7').text } }] })
    expect((await ask(upstream, '{}')).status).toBe(200)
    expect(upstream.journal.take().flatMap((r) => (r.kind === 'request' ? [r.nonce] : []))).toEqual(['n7-f7', 'stranger'])
  })

  test('another salt changes nothing but the nonce', async () => {
    await using upstream = await Upstream.start({}, { answersStrangers: true })
    const said = async (nonce: string, more: object) => (await (await ask(upstream, chat(nonce, more))).text()).replaceAll(nonce, 'NONCE')
    for (const more of [{}, { stream: true }]) expect(await said('n7-f7-abcde', more)).toBe(await said('n7-f7', more))
    expect(embeddingFor('[gauntlet:n7-f7-abcde]')).toEqual(embeddingFor('[gauntlet:n7-f7]'))
  })

  test('a models list needs no nonce', async () => {
    await using upstream = await Upstream.start()
    const answer = await fetch(`http://127.0.0.1:${upstream.ports.secondary}/v1/models`)
    expect(await answer.json()).toMatchObject({ object: 'list', data: [{ id: 'tiny' }] })
  })
})

describe('embeddings', () => {
  test('as floats and as base64 of little-endian floats, one per input', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE)
    const input = [`[gauntlet:${NONCE}]`, 'two']
    const get = async (format?: string) => {
      const answer = await ask(upstream, JSON.stringify({ input, ...(format ? { encoding_format: format } : {}) }), { path: '/v1/embeddings' })
      return ((await answer.json()) as { data: { index: number; embedding: unknown }[] }).data
    }
    const wanted = input.map(embeddingFor)
    expect((await get()).map((d) => d.embedding)).toEqual(wanted)
    const coded = (await get('base64')).map((d) => Buffer.from(String(d.embedding), 'base64'))
    expect(coded.map((bytes) => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i)))).toEqual(wanted.map((v) => v.map(Math.fround)))
  })
})

describe('strange requests do not hurt', () => {
  test('5 MB, no JSON, and JSON that is no object', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE)
    const huge = chat(NONCE, { padding: 'x'.repeat(5_000_000) })
    expect((await ask(upstream, huge)).status).toBe(200)
    for (const body of [`not json [gauntlet:${NONCE}]`, `["[gauntlet:${NONCE}]"]`, `"[gauntlet:${NONCE}]"`, '', '\0\uFFFD']) expect([200, 404]).toContain((await ask(upstream, body)).status)
    const bodies = upstream.journal.take().flatMap((r) => (r.kind === 'request' ? [r.body.length] : []))
    expect(bodies).toHaveLength(6)
    expect(bodies[0]).toBe(huge.length)
  })

  test('a body whose sender leaves in the middle is journalled as far as it came, and is over', async () => {
    await using upstream = await upstreamWith({ beforeHead: { how: 'hang' } })
    const body = chat(NONCE)
    const { socket } = await raw(upstream.ports.primary, post(body + ' '.repeat(100)).slice(0, -50))
    socket.end()
    await ended(upstream)
    expect(upstream.journal.take()).toMatchObject([{ kind: 'request', nonce: NONCE, body: expect.stringContaining(body) }, { kind: 'peer-closed', during: 'before-head' }, { kind: 'end', how: 'peer-closed' }])
    expect(await upstream.idle(SOON)).toBe(true)
  })
})

describe('connections', () => {
  test('closeIdle closes those that idle and no other', async () => {
    await using upstream = await upstreamWith({ beforeHead: { how: 'hang' } })
    upstream.expect('n1-f1')
    const busy = await raw(upstream.ports.primary, post(chat(NONCE)))
    const idle = await raw(upstream.ports.primary, post(chat('n1-f1')))
    await ended(upstream)
    await upstream.journal.waitFor((r) => r.kind === 'fault', SOON)
    upstream.closeIdle()
    expect(await idle.ended).toBe('fin')
    expect(busy.socket.readyState).toBe('open')
  })

  test('dispose ends at once with connections open, and blames no peer', async () => {
    const upstream = await upstreamWith({ beforeHead: { how: 'hang' } })
    upstream.expect('n1-f1', { primary: { attempts: [], rest: { stream: { lockstep: true } } } })
    const open = await Promise.all([raw(upstream.ports.primary, post(chat(NONCE))), raw(upstream.ports.primary, post(chat('n1-f1', { stream: true }))), raw(upstream.ports.secondary, '')])
    await upstream.journal.waitFor((r) => r.kind === 'fault', SOON)
    await upstream.journal.waitFor((r) => r.kind === 'event' && r.index === 1, SOON)
    const from = now()
    await upstream[Symbol.asyncDispose]()
    expect(now() - from).toBeLessThan(300)
    await Promise.all(open.map((o) => o.ended))
    const records = upstream.journal.take()
    expect(records.flatMap((r) => (r.kind === 'end' ? [r.how] : []))).toEqual(['stopped', 'stopped'])
    expect(records.some((r) => r.kind === 'peer-closed')).toBe(false)
  })

  test('a port that is taken is told, and nothing is left listening', async () => {
    await using taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address ? address.port : 0
    await expect(Upstream.start({ secondary: port })).rejects.toMatchObject({ code: 'HAR_ERR_PORT_TAKEN', message: expect.stringContaining(`${port} of the secondary lane`) })
  })
})

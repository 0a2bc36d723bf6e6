import { describe, expect, test } from 'vitest'
import { decodeSse } from '../../schemas/sse.ts'
import { answerFor } from './answer.ts'
import { ask, chat, dechunk, post, raw, SOON } from './fixture.ts'
import type { StreamEnd, StreamScript } from './script.ts'
import { Upstream } from './upstream.ts'

const NONCE = 'n1-f0'
const { pieces } = answerFor(NONCE)
const WORDS = 3

const streamOf = async (upstream: Upstream, stream: StreamScript) => {
  upstream.expect(NONCE, { primary: { attempts: [], rest: { fault: 'cut', stream } } })
  return raw(upstream.ports.primary, post(chat(NONCE, { stream: true })))
}
const ended = (upstream: Upstream) => upstream.journal.waitFor((r) => r.kind === 'end', SOON)
const wordsIn = (bytes: Buffer): string[] =>
  decodeSse([bytes]).events.flatMap((e) => {
    const content: unknown = /"content":"/.test(e.data) && e.data.endsWith('}') ? JSON.parse(e.data).choices[0]?.delta?.content : undefined
    return typeof content === 'string' && content !== '' ? [content] : []
  })

describe('how a stream ends on the wire', () => {
  const endings: Record<Exclude<StreamEnd, 'stall'>, { socket: string; terminated: boolean; journal: string; tail: RegExp }> = {
    fin: { socket: 'fin', terminated: false, journal: 'fin', tail: /\n\n$/ },
    rst: { socket: 'ECONNRESET', terminated: false, journal: 'rst', tail: /\n\n$/ },
    'half-event': { socket: 'fin', terminated: false, journal: 'fin', tail: /data: \{"id"[^\n]*$/ },
    'half-character': { socket: 'fin', terminated: false, journal: 'fin', tail: /"content":"\uFFFD$/ },
    malformed: { socket: 'fin', terminated: true, journal: 'complete', tail: /"del\n\n$/ },
    'error-event': { socket: 'fin', terminated: true, journal: 'complete', tail: /"code":"engine_crash"\}\}\n\n$/ },
  }
  test.each(Object.entries(endings))('%s', async (how, expected) => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE, { primary: { attempts: [], rest: { fault: 'cut', stream: { at: { words: WORDS, how: how as StreamEnd } } } } })
    const { wire, ended: over } = await raw(upstream.ports.primary, post(chat(NONCE, { stream: true }), undefined, 'connection: close\r\n'))
    expect(await over).toBe(expected.socket)
    const body = dechunk(wire())
    expect(wordsIn(body)).toEqual(pieces.slice(0, WORDS))
    expect(body.toString()).toMatch(expected.tail)
    expect(body.includes('[DONE]')).toBe(false)
    expect(wire().toString().endsWith('0\r\n\r\n')).toBe(expected.terminated)
    await ended(upstream)
    const records = upstream.journal.take()
    expect(records.filter((r) => r.kind === 'event' && r.index > 0)).toHaveLength(WORDS)
    expect(records).toContainEqual(expect.objectContaining({ kind: 'fault', fault: 'cut', detail: how }))
    expect(records.at(-1)).toMatchObject({ kind: 'end', how: expected.journal })
    expect(records.some((r) => r.kind === 'peer-closed')).toBe(false)
  })

  test('stall: silent and open until the peer goes', async () => {
    await using upstream = await Upstream.start()
    const { socket, wire } = await streamOf(upstream, { at: { words: WORDS, how: 'stall' } })
    expect(await upstream.journal.waitFor((r) => r.kind === 'fault', SOON)).toBe(true)
    expect(await upstream.idle(50)).toBe(false)
    expect(wordsIn(dechunk(wire()))).toEqual(pieces.slice(0, WORDS))
    socket.destroy()
    await ended(upstream)
    expect(upstream.journal.take().slice(-2)).toMatchObject([{ kind: 'peer-closed', during: 'body' }, { kind: 'end', how: 'peer-closed' }])
  })

  test('a cut at no words comes before the first event', async () => {
    await using upstream = await Upstream.start()
    const { wire, ended: over } = await streamOf(upstream, { at: { words: 0, how: 'fin' } })
    expect(await over).toBe('fin')
    expect(wire().toString()).toMatch(/^HTTP\/1\.1 200 /)
    expect(dechunk(wire())).toHaveLength(0)
  })

  test('a cut after more words than there are never happens, and is never called a fault', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE, { primary: { attempts: [], rest: { fault: 'cut', stream: { at: { words: 99, how: 'rst' } } } } })
    expect(await (await ask(upstream, chat(NONCE, { stream: true }))).text()).toContain('[DONE]')
    expect(upstream.journal.take().some((r) => r.kind === 'fault')).toBe(false)
  })
})

describe('how a stream is shaped', () => {
  test('plain: role, words, finish_reason, [DONE], each in the journal as it was sent', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE)
    const { events } = decodeSse([Buffer.from(await (await ask(upstream, chat(NONCE, { stream: true }))).arrayBuffer())])
    expect(events).toHaveLength(1 + pieces.length + 2)
    await ended(upstream)
    const journalled = upstream.journal.take().flatMap((r) => (r.kind === 'event' ? [r.text] : []))
    expect(journalled).toEqual(events.map((e) => e.data))
  })

  test('the usage chunk comes when it was asked for, last and without choices', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE)
    const { events } = decodeSse([Buffer.from(await (await ask(upstream, chat(NONCE, { stream: true, stream_options: { include_usage: true } }))).arrayBuffer())])
    const { promptTokens, completionTokens } = answerFor(NONCE)
    const chunks = events.filter((e) => e.data !== '[DONE]').map((e) => JSON.parse(e.data) as { usage: unknown; choices: unknown[] })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens } })
    expect(chunks.slice(0, -1).every((c) => c.usage === null)).toBe(true)
  })

  test('split inside characters, they arrive whole', async () => {
    await using upstream = await Upstream.start()
    const { wire, ended: over, socket } = await streamOf(upstream, { split: 'inside-characters' })
    await ended(upstream)
    socket.end()
    await over
    expect(wordsIn(dechunk(wire()))).toEqual(pieces)
    expect(wire().includes(Buffer.from('🦊'))).toBe(false)
  })

  test('done: false leaves [DONE] out', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE, { primary: { attempts: [], rest: { stream: { done: false } } } })
    expect(await (await ask(upstream, chat(NONCE, { stream: true }))).text()).not.toContain('[DONE]')
  })

  test('given words are said in the given pieces, between the nonce and the last characters', async () => {
    await using upstream = await Upstream.start()
    const says = [' The card is 4111 11', '11 1111 1', '111.']
    upstream.expect(NONCE, { primary: { attempts: [], rest: { fault: 'shape', says } } })
    const stream = Buffer.from(await (await ask(upstream, chat(NONCE, { stream: true }))).arrayBuffer())
    expect(wordsIn(stream)).toEqual([NONCE, ...says, pieces.at(-1)])
    expect(await (await ask(upstream, chat(NONCE))).json()).toMatchObject({ choices: [{ message: { content: `${NONCE}${says.join('')}${pieces.at(-1)}` } }] })
    expect(upstream.journal.take().filter((r) => r.kind === 'fault')).toHaveLength(2)
  })

  test('one silence, after the event that it comes after', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE, { primary: { attempts: [], rest: { stream: { silence: { afterWords: 2, ms: 60 } } } } })
    await (await ask(upstream, chat(NONCE, { stream: true }))).text()
    const events = upstream.journal.take().filter((r) => r.kind === 'event')
    const gaps = events.slice(1).map((e, i) => e.t - (events[i]?.t ?? 0))
    expect(gaps.flatMap((gap, i) => (gap >= 50 ? [i] : []))).toEqual([2])
  })

  test('pauses are kept, before the first word and between events', async () => {
    await using upstream = await Upstream.start()
    upstream.expect(NONCE, { primary: { attempts: [], rest: { stream: { firstWordMs: 60, pauseMs: 10 } } } })
    await (await ask(upstream, chat(NONCE, { stream: true }))).text()
    const events = upstream.journal.take().filter((r) => r.kind === 'event')
    const gaps = events.slice(1).map((e, i) => e.t - (events[i]?.t ?? 0))
    expect(gaps[0]).toBeGreaterThanOrEqual(58)
    for (const gap of gaps.slice(1, -1)) expect(gap).toBeGreaterThanOrEqual(8)
  })
})

describe('lock-step', () => {
  const heldOnes = (upstream: Upstream) => upstream.journal.take().flatMap((r) => (r.kind === 'held' ? [`${r.index} ${r.released}`] : []))

  test('holds event k+1 back until the caller has event k', async () => {
    await using upstream = await Upstream.start()
    const sent = (index: number) => upstream.journal.waitFor((r) => r.kind === 'event' && r.index === index, SOON)
    upstream.latches.reach(NONCE, 1) // reached before it is waited for
    const { socket } = await streamOf(upstream, { lockstep: true })
    await sent(2)
    expect(await upstream.journal.waitFor((r) => r.kind === 'event' && r.index === 3, 40)).toBe(false)
    for (let k = 2; k <= pieces.length; k++) {
      await sent(k)
      upstream.latches.reach(NONCE, k)
    }
    await ended(upstream)
    socket.destroy()
    expect(heldOnes(upstream)).toEqual(pieces.map((_, i) => `${i + 1} caller`))
  })

  test('goes on after its bound, and says so', async () => {
    await using upstream = await Upstream.start()
    const { socket } = await streamOf(upstream, { lockstep: true })
    expect(await upstream.journal.waitFor((r) => r.kind === 'held', SOON)).toBe(true)
    upstream.latches.reach(NONCE, pieces.length)
    await ended(upstream)
    socket.destroy()
    expect(heldOnes(upstream)[0]).toBe('1 expired')
  })

  test('a peer that leaves meanwhile is not a caller that was too slow', async () => {
    await using upstream = await Upstream.start()
    const { socket } = await streamOf(upstream, { lockstep: true })
    await upstream.journal.waitFor((r) => r.kind === 'event' && r.index === 1, SOON)
    socket.destroy()
    await ended(upstream)
    expect(await upstream.journal.waitFor((r) => r.kind === 'held', 20)).toBe(false)
  })
})

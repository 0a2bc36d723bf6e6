import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { redisMissing, startRedis } from './stores/test-redis.ts'
import { launchGateway } from './test-process.ts'
import { answerJson, answerStream, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, open, post, read, sse, testConfig } from './test-support.ts'
import type { Overrides, Reply } from './test-support.ts'

const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const needsRedis = { skip: redisMissing !== undefined, timeout: 120_000 }

const rounds = 5
const capacity = 40
const refillPerSecond = 2
/** Admitted when the replica is killed: too few to have emptied the bucket. */
const killedAt = 15
/** In prompts that are answered when the test says so. */
const held = 'until told'

const unlimited = 'unlimited'
const limitedIn = (round: number): string => `limited-${round}`
const ids = [unlimited, ...Array.from({ length: rounds }, (_none, round) => limitedIn(round))]
const as = (id: string) => ({ headers: { 'x-api-key': `key-of-${id}` } })
const about = (prompt: string, stream = false) => ({ model: 'chat', stream, messages: [{ role: 'user', content: prompt }] })
const rest = (prompt: string): string => sse(chunk({ content: prompt }), chunk({}, 'stop'), '[DONE]')

/** An upstream that answers each prompt in words of its own, and knows which prompts it saw. */
async function namedUpstream() {
  const waiting = new Map<string, ServerResponse>()
  const prompts = new Set<string>()
  let watch = (): void => {}
  const up = await fakeUpstream((response, { body }) => {
    const { messages: [{ content: prompt }], stream } = JSON.parse(body) as { messages: [{ content: string }]; stream: boolean }
    prompts.add(prompt)
    watch()
    if (stream) answerStream(response, sse(chunk({ content: 'words for ' })))
    if (prompt.includes(held)) waiting.set(prompt, response)
    else if (stream) setTimeout(() => response.end(rest(prompt)), 5)
    else answerJson(response, completion(`words for ${prompt}`))
  })
  /** Prompts, not calls: a request that was retried was admitted once. */
  const admitted = (id: string): number => [...prompts].filter((prompt) => prompt.startsWith(`${id} `)).length
  return {
    ...up,
    admitted,
    saw: (prompt: string): boolean => prompts.has(prompt),
    finish: (prompt: string): void => void waiting.get(prompt)?.end(rest(prompt)),
    /** Runs `then` in the moment in which so many prompts of a key have come. */
    at(id: string, count: number, then: () => void): void {
      watch = () => {
        if (admitted(id) < count) return
        watch = () => {}
        then()
      }
    },
  }
}

async function startReplica(upstream: string, redis: string, overrides: Overrides, options?: Parameters<typeof launchGateway>[1]) {
  const gw = await launchGateway(testConfig([upstream], {
    keys: ids.map((id) => ({ id, key: `key-of-${id}` })),
    // The longest there is: on a busy machine a healthy Redis must not count as lost.
    redis: { url: redis, commandMs: 1_000 },
    timeouts: { firstByteMs: 30_000, idleMs: 40_000, totalMs: 50_000 },
    log: { level: 'info' },
    ...overrides,
  }), options)
  const url = await gw.listening
  await ready(url)
  return { ...gw, url }
}

const get = async (url: string, path: string): Promise<Reply> => read(await open(url + path, undefined, { agent: false }).response)
// Once is enough: a probe waits for Redis less long than requests do.
const ready = async (url: string): Promise<void> => vi.waitFor(async () => expect((await get(url, '/health/ready')).status).toBe(200), { timeout: 10_000 })

type Outcome = 'answered' | 'limited' | 'broken' | `wrong: ${string}`

/** Asks and says what a client makes of it: broken is what it cannot take for an answer. */
async function ask(url: string, id: string, prompt: string, stream = false, begun = (): void => {}): Promise<Outcome> {
  let reply: Reply
  try {
    const response = await open(`${url}/v1/chat/completions`, about(prompt, stream), as(id)).response
    begun()
    reply = await read(response)
  } catch {
    return 'broken'
  }
  return outcomeOf(reply, prompt, stream)
}

function outcomeOf({ status, whole, text }: Reply, prompt: string, stream: boolean): Outcome {
  // A client that reads events takes this for the end, whatever becomes of the connection.
  const done = stream && text.includes('data: [DONE]\n\n')
  if (!whole && !done) return 'broken'
  try {
    if (status === 429 && errorOf(text).code === 'rate_limit_exceeded') return 'limited'
    const said = stream ? contentOf(text) : (JSON.parse(text) as { choices: [{ message: { content: string } }] }).choices[0].message.content
    if (status === 200 && said === `words for ${prompt}` && done === stream && (!stream || dataOf(text).indexOf('[DONE]') === dataOf(text).length - 1)) return 'answered'
  } catch {}
  return `wrong: ${status} ${text}`
}

/** Callers with both keys that ask one replica for JSON and streams in turn, until they are stopped or lose their connection. */
function load(url: string, limited: string, name: string) {
  const outcomes: { readonly id: string; readonly prompt: string; readonly outcome: Outcome }[] = []
  const stop = new AbortController()
  const callers = [unlimited, unlimited, unlimited, limited, limited].map(async (id, caller) => {
    for (let nth = 0; !stop.signal.aborted; nth++) {
      const prompt = `${id} ${name} ${caller}-${nth}`
      const outcome = await ask(url, id, prompt, nth % 2 === 1)
      outcomes.push({ id, prompt, outcome })
      if (outcome === 'broken') return
      // Steady, not as fast as it goes.
      await sleep(15)
    }
  })
  const of = (id: string, outcome: Outcome) => outcomes.filter((one) => one.id === id && one.outcome === outcome)
  return {
    of,
    until: async (id: string, outcome: Outcome, count: number) => vi.waitFor(() => expect(of(id, outcome).length).toBeGreaterThanOrEqual(count), { timeout: 20_000 }),
    others: (expected: RegExp) => outcomes.filter(({ id, outcome }) => !expected.test(`${id} ${outcome}`)),
    async stop() {
      stop.abort()
      await Promise.all(callers)
    },
  }
}

const served = /^(?:unlimited answered|limited-\d+ (?:answered|limited))$/
const servedOrBroken = /^(?:unlimited answered|limited-\d+ (?:answered|limited)|\S+ broken)$/

test(`SIGKILL of one of two replicas under load, ${rounds} times: the other serves on, and the limit holds over both${why}`, needsRedis, async () => {
  await using redis = await startRedis()
  await using up = await namedUpstream()
  await using stack = new AsyncDisposableStack()
  const start = async () => stack.use(await startReplica(up.baseURL, redis.url, {
    rateLimits: { routes: { chat: false }, keys: Object.fromEntries(ids.slice(1).map((id) => [id, { chat: { algorithm: 'token-bucket', capacity, refillPerSecond } }])) },
    queue: { concurrency: 40, waiting: 40 },
    metrics: {},
  }))
  /** Seconds, of the clock that refills the buckets. */
  const clock = async (): Promise<number> => {
    const [seconds, micros] = await redis.client.time()
    return Number(seconds) + Number(micros) / 1e6
  }
  let [survivor, doomed] = [await start(), await start()]

  for (let round = 0; round < rounds; round++) {
    const limited = limitedIn(round)
    const before = await clock()
    expect(await ask(survivor.url, limited, `${limited} first`)).toBe('answered')
    const started = await clock()

    // One of each kind is surely in flight: streams of which the caller has the beginning, and an answer that it waits for.
    const streaming = async (url: string, id: string, name: string) => {
      const prompt = `${id} ${round} ${name} ${held}`
      const begun = Promise.withResolvers<void>()
      const outcome = ask(url, id, prompt, true, begun.resolve)
      await begun.promise
      return { prompt, outcome }
    }
    const kept = [await streaming(survivor.url, unlimited, 'kept'), await streaming(survivor.url, limited, 'kept')]
    const lost = [await streaming(doomed.url, unlimited, 'lost'), await streaming(doomed.url, limited, 'lost')]
    const waiting = `${unlimited} ${round} waiting ${held}`
    lost.push({ prompt: waiting, outcome: ask(doomed.url, unlimited, waiting) })
    await vi.waitFor(() => expect(up.saw(waiting)).toBe(true), { timeout: 10_000 })

    const staying = load(survivor.url, limited, `${round} staying`)
    const dying = load(doomed.url, limited, `${round} dying`)
    let brokenBefore: number | undefined
    up.at(limited, killedAt, () => {
      brokenBefore = dying.others(served).length
      doomed.child.kill('SIGKILL')
    })
    expect(await doomed.exit).toEqual([null, 'SIGKILL'])
    const answeredBefore = staying.of(unlimited, 'answered').length
    const limitedBefore = staying.of(limited, 'limited').length
    expect(await Promise.all(lost.map(async ({ outcome }) => outcome)), 'nobody invents an end').toEqual(['broken', 'broken', 'broken'])
    await dying.stop()
    await ready(survivor.url)

    // Back in the middle of the load, and not with a fresh bucket.
    doomed = await start()
    const returned = load(doomed.url, limited, `${round} returned`)
    await staying.until(unlimited, 'answered', answeredBefore + 50)
    await staying.until(limited, 'limited', limitedBefore + 10)
    await returned.until(unlimited, 'answered', 20)
    await returned.until(limited, 'limited', 5)
    for (const { prompt } of kept) up.finish(prompt)
    expect(await Promise.all(kept.map(async ({ outcome }) => outcome))).toEqual(['answered', 'answered'])
    await Promise.all([staying.stop(), returned.stop()])
    const ended = await clock()
    // Until it is empty: what is left in the bucket would otherwise be a matter of chance.
    let last: Outcome = 'answered'
    for (let nth = 0; last === 'answered'; nth++) last = await ask(survivor.url, limited, `${limited} last ${nth}`)
    expect(last).toBe('limited')
    const after = await clock()

    expect(staying.others(served)).toEqual([])
    expect(returned.others(served)).toEqual([])
    expect(dying.others(servedOrBroken)).toEqual([])
    expect(brokenBefore).toBe(0)
    expect(dying.of(limited, 'answered').length, 'the load was on both').toBeGreaterThan(0)
    // A replica that dies between Redis and the upstream has taken a place that nobody gets.
    const unused = dying.of(limited, 'broken').filter(({ prompt }) => !up.saw(prompt)).length
    expect(up.admitted(limited)).toBeLessThanOrEqual(capacity + refillPerSecond * (after - before))
    expect(up.admitted(limited) + unused).toBeGreaterThan(capacity + refillPerSecond * (ended - started) - 1)
    ;[survivor, doomed] = [doomed, survivor]
  }

  for (const { url } of [survivor, doomed]) expect((await get(url, '/metrics')).text).toContain('gateway_queue_running 0\n')
})

test(`what a killed replica had set aside of a budget is nobody's at first, and everybody's two periods later${why}`, needsRedis, async () => {
  await using redis = await startRedis()
  await using up = await namedUpstream()
  await using stack = new AsyncDisposableStack()
  // All on one day, and from the beginning of a period: one lasts ten seconds longer than a request may, and no less than a minute.
  const noon = new Date().setUTCHours(12, 0, 0, 0)
  const budgets = { perKey: { tokensPerDay: 2_000 }, reserveTokens: 1_000 }
  const startAt = async (seconds: number) => stack.use(await startReplica(up.baseURL, redis.url, { budgets }, { clockMs: noon + seconds * 1_000 - Date.now() }))
  const left = ({ headers }: Reply): unknown => headers['x-gauntlet-budget-remaining-tokens']
  const expectHeld = (reply: Reply): void => {
    expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': '1', 'x-gauntlet-budget-remaining-tokens': '0' } })
    expect(errorOf(reply.text).code).toBe('rate_limit_exceeded')
  }
  const [survivor, doomed] = [await startAt(0), await startAt(0)]
  const lost = [ask(doomed.url, unlimited, `1 ${held}`), ask(doomed.url, unlimited, `2 ${held}`, true)]
  await up.calls(2)
  expectHeld(await post(survivor.url, about('beside it'), as(unlimited)))
  doomed.child.kill('SIGKILL')
  expect(await Promise.all(lost)).toEqual(['broken', 'broken'])
  expectHeld(await post(survivor.url, about('right after'), as(unlimited)))
  expectHeld(await post((await startAt(60)).url, about('a period later'), as(unlimited)))

  const later = await startAt(120)
  const first = await post(later.url, about('two periods later'), as(unlimited))
  expect([first.status, left(first)]).toEqual([200, '2000'])
  await vi.waitFor(async () => expect(left(await post(later.url, about('and again'), as(unlimited)))).toMatch(/^199\d$/))
  expect(up.saw('right after')).toBe(false)
})

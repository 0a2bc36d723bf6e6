import { expect, test } from 'vitest'
import { keepLog } from '../observe/test-support.ts'
import { answerJson, answerStream, chatBody, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

const secret = '4111 1111 1111 1111'
const streaming = { ...chatBody, stream: true }
const done = sse(chunk({}, 'stop'), '[DONE]')

async function start(handler: Handler, output: Overrides['output'] = {}) {
  const up = await fakeUpstream(handler)
  const log = keepLog()
  const gw = await startGateway(testConfig([up.baseURL], { output, log: { level: 'trace' } }), log)
  return { up, gw, log, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

interface Choice {
  readonly index: number
  readonly delta: Record<string, unknown> & { readonly content?: string }
  readonly finish_reason: string | null
  readonly logprobs?: unknown
}

const chunksOf = (text: string): { choices: Choice[]; usage?: unknown; id: string }[] => dataOf(text).filter((data) => data !== '[DONE]').map((data) => JSON.parse(data) as { choices: Choice[]; id: string })
const choicesOf = (text: string): Choice[] => chunksOf(text).flatMap(({ choices }) => choices)
const textOf = (text: string, field = 'content', index = 0): string => choicesOf(text).filter((choice) => choice.index === index).map(({ delta }) => (delta[field] ?? '') as string).join('')

/** A chunk with any choices. */
const chunkOf = (choices: readonly Partial<Choice>[], rest: Record<string, unknown> = {}): string => JSON.stringify({ ...JSON.parse(chunk({})), choices: choices.map((choice) => ({ index: 0, delta: {}, finish_reason: null, ...choice })), ...rest })

test('an answer without secrets keeps its bytes, JSON and stream', async () => {
  const json = completion('call n1588572764-f0 is 42').replace('"created":1', '"created" : 1.0 ')
  const events = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'two ' }).replace('"created":1', '"created": 1.0'), chunk({ content: 'words' }), chunk({}, 'stop'), '{"id":"c1","choices":[],"usage":{"total_tokens":1.0}}']
  await using t = await start((response, { body }) => (body.includes('"stream":true') ? answerStream(response, sse(...events, '[DONE]')).end() : answerJson(response, json)))
  expect((await post(t.gw.url)).text).toBe(json)
  expect((await post(t.gw.url, streaming)).text).toBe(sse(...events, '[DONE]'))
})

test('switched off, secrets go through', async () => {
  await using up = await fakeUpstream((response, { body }) => (body.includes('"stream":true') ? answerStream(response, sse(chunk({ content: secret })) + done).end() : answerJson(response, completion(secret))))
  await using gw = await startGateway(testConfig([up.baseURL], { output: false }))
  expect((await post(gw.url)).text).toBe(completion(secret))
  expect((await post(gw.url, streaming)).text).toContain(secret)
})

test('a JSON answer: every text of every choice, and nothing but texts', async () => {
  const message = {
    role: 'assistant', content: `My SSN is 123-45-6789, ok?`, refusal: 'sk-abcdef123456', reasoning_content: `the card ${secret}`,
    tool_calls: [{ id: '4111111111111111', type: 'function', function: { name: 'pay', arguments: '{"card":4111111111111111,"note":"n\\n123-45-6789"}' } }],
    annotations: [{ url: 'https://x/?key=sk-abcdef123456' }], audio: { id: 'a', data: '4111111111111111', transcript: secret },
  }
  const answer = { id: '4111111111111111', object: 'chat.completion', created: 4111111111111111, model: 'sk-abcdef123456', choices: [{ index: 0, message, logprobs: { content: [{ token: '4111' }] }, finish_reason: 'stop' }, { index: 1, message: { role: 'assistant', content: 'plain' }, logprobs: { content: [] }, finish_reason: 'stop' }], usage: { total_tokens: 2 } }
  await using t = await start((response) => answerJson(response, JSON.stringify(answer)))
  const reply = await post(t.gw.url)
  expect(JSON.parse(reply.text)).toEqual({
    ...answer,
    choices: [{
      index: 0,
      message: {
        role: 'assistant', content: 'My SSN is [redacted], ok?', refusal: '[redacted]', reasoning_content: 'the card [redacted]',
        tool_calls: [{ id: '4111111111111111', type: 'function', function: { name: 'pay', arguments: '{"card":"[redacted]","note":"n\\n[redacted]"}' } }],
        annotations: [{ url: 'https://x/?key=[redacted]' }], audio: { id: 'a', data: '4111111111111111', transcript: '[redacted]' },
      },
      // They spell the text.
      logprobs: null,
      finish_reason: 'stop',
    }, answer.choices[1]],
  })
  expect(Number(reply.headers['content-length'])).toBe(Buffer.byteLength(reply.text))
})

test('the log has the counts and no text, for JSON and for a stream', async () => {
  const content = `${secret}, 378282246310005, 123-45-6789`
  await using t = await start((response, { body }) => (body.includes('"stream":true') ? answerStream(response, sse(...content.split(/(?<=\d)/).map((piece) => chunk({ content: piece }))) + done).end() : answerJson(response, completion(content))))
  await post(t.gw.url)
  await post(t.gw.url, streaming)
  for (const nth of [1, 2]) expect((await t.log.next('request', nth))['redacted']).toEqual({ card: 2, ssn: 1 })
  expect(t.log.text).not.toMatch(/4111 1111|3782822463|123-45-6789/)
})

test('embeddings are not touched', async () => {
  const answer = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[4111111111111111]}],"model":"sk-abcdef123456","usage":{"prompt_tokens":1,"total_tokens":1}}'
  await using t = await start((response) => answerJson(response, answer), { maxChars: 1 })
  expect((await read(await open(`${t.gw.url}/v1/embeddings`, { model: 'chat', input: 'x' }).response)).text).toBe(answer)
})

test.each([
  ['words', ['Hi', ', ', 'task', ' force', ' — risky', '\n', '界🌊'], ['Hi', ', ', 'task', ' force', ' — risky', '\n', '界🌊']],
  ['what is held back', ['in 20', '24', ' I saw', ' 4', '111 1111 ', '1111 1111', ' s', 'k-abcdef1234', '5678', ' ok'], ['in ', '', '2024 I saw', ' ', '', '', '[redacted] ', '[redacted]', '', ' ok']],
])('lock-step with %s: each chunk reaches the caller before the upstream sends the next', async (_name, pieces, expected) => {
  const steps: (() => void)[] = []
  await using t = await start((response) => {
    answerStream(response, '')
    for (const content of pieces) steps.push(() => response.write(sse(chunk({ content }))))
    steps.push(() => response.write(sse(chunk({}, 'stop'))), () => response.end(sse('[DONE]')))
    steps.shift()?.()
  })
  const response = await open(`${t.gw.url}/v1/chat/completions`, streaming).response
  let text = ''
  for await (const bytes of response) {
    text += String(bytes)
    if (text.endsWith('\n\n')) steps.shift()?.()
  }
  expect(choicesOf(text).map(({ delta }) => delta.content)).toEqual([...expected, undefined])
  expect(steps).toHaveLength(0)
})

test('at every split in three a stream is what the JSON answer is, and no prefix of it shows a secret', async () => {
  const content = `Pay ${secret}: sk-abcdef123456 or 123-45-6789`
  await using t = await start((response, { body }) => {
    const cuts = /"user":"(\d+)\.(\d+)"/.exec(body)
    if (cuts === null) answerJson(response, completion(content))
    else {
      const [first, second] = [Number(cuts[1]), Number(cuts[2])]
      answerStream(response, sse(...[content.slice(0, first), content.slice(first, second), content.slice(second)].map((piece) => chunk({ content: piece }))) + done).end()
    }
  })
  const { text } = await post(t.gw.url)
  const expected = 'Pay [redacted]: [redacted] or [redacted]'
  expect(text).toBe(completion(expected))
  for (let first = 0; first < content.length; first += 2) {
    for (let second = first; second < content.length; second += 5) {
      const reply = await post(t.gw.url, { ...streaming, user: `${first}.${second}` })
      let seen = ''
      for (const { delta } of choicesOf(reply.text)) {
        seen += delta.content ?? ''
        expect(seen).not.toMatch(/4111 1111 1111 1111|sk-abcdef123456|123-45-6789/)
      }
      expect(seen).toBe(expected)
      expect(reply).toMatchObject({ whole: true, text: expect.stringMatching(/\[DONE\]\n\n$/) })
    }
  }
}, 30_000)

test('what comes with a text that is held back does not wait for it', async () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  await using t = await start((response) => answerStream(response, sse(
    chunkOf([{ delta: { role: 'assistant', content: '41', tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] }, logprobs: { content: [{ token: '41' }] } }], { usage }),
    chunkOf([{ delta: { content: '11' }, finish_reason: 'stop' }], { usage }),
    '[DONE]',
  )).end())
  const [first, second, ...more] = chunksOf((await post(t.gw.url, streaming)).text)
  expect(first).toMatchObject({ usage, choices: [{ delta: { role: 'assistant', content: '', tool_calls: [{ id: 'call_1' }] }, logprobs: null, finish_reason: null }] })
  expect(second).toMatchObject({ usage, choices: [{ delta: { content: '4111' }, finish_reason: 'stop' }] })
  expect(more).toEqual([])
})

test('what is held back goes out in a chunk of its own before a finish without text', async () => {
  const finish = chunk({}, 'stop').replace('"created":1', '"created": 1')
  await using t = await start((response) => answerStream(response, sse(chunk({ content: 'in 2024' }), finish, '[DONE]')).end())
  const data = dataOf((await post(t.gw.url, streaming)).text)
  expect(data.slice(1)).toEqual([JSON.stringify({ ...JSON.parse(chunk({})), choices: [{ index: 0, delta: { content: '2024' }, logprobs: null, finish_reason: null }] }), finish, '[DONE]'])
})

test('a secret that ends the answer is found at the finish', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: secret.slice(0, 9) }), chunk({ content: secret.slice(9) })) + done).end())
  expect(contentOf((await post(t.gw.url, streaming)).text)).toBe('[redacted]')
})

test('choices, and the fields of one choice, are held back each for itself', async () => {
  const pieces = ['4111 1111 ', '1111', ' 1111 ok']
  const deltas = pieces.flatMap((piece) => [
    { index: 1, delta: { content: piece } },
    { index: 0, delta: { content: 'word ' } },
    { index: 0, delta: { reasoning_content: piece } },
    { index: 2, delta: { refusal: piece, content: 'a' } },
  ])
  await using t = await start((response) => answerStream(response, sse(...deltas.map((choice) => chunkOf([choice])), chunkOf([0, 1, 2].map((index) => ({ index, finish_reason: 'stop' }))), '[DONE]')).end())
  const { text } = await post(t.gw.url, { ...streaming, n: 3 })
  expect([textOf(text), textOf(text, 'reasoning_content'), textOf(text, 'content', 1), textOf(text, 'refusal', 2), textOf(text, 'content', 2)]).toEqual(['word word word ', '[redacted] ok', '[redacted] ok', '[redacted] ok', 'aaa'])
})

test('arguments of tool calls stay JSON, call by call', async () => {
  const calls = ['{"card":4111111111111111,"to":"a\\n123-45-6789"}', '{"n":42}', '{"key":"sk-abcdef123456']
  const most = Math.max(...calls.map((call) => call.length))
  const deltas = Array.from({ length: most }, (_none, at) => ({ tool_calls: calls.flatMap((call, index) => (at < call.length ? [{ index, ...(at === 0 ? { id: `call_${index}`, type: 'function' } : {}), function: { ...(at === 0 ? { name: 'f' } : {}), arguments: call[at] } }] : [])) }))
  await using t = await start((response) => answerStream(response, sse(...deltas.map((delta) => chunk(delta)), chunk({}, 'tool_calls'), '[DONE]')).end())
  const seen = ['', '', '']
  for (const { delta } of choicesOf((await post(t.gw.url, streaming)).text)) {
    for (const { index, function: { arguments: piece } } of (delta['tool_calls'] ?? []) as { index: number; function: { arguments: string } }[]) seen[index] += piece
  }
  expect(seen).toEqual(['{"card":"[redacted]","to":"a\\n[redacted]"}', '{"n":42}', '{"key":"[redacted]'])
})

test('a stream that breaks off keeps back what may have been the begin of a secret', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: `the card ${secret.slice(0, -1)}` }))).end())
  const reply = await post(t.gw.url, streaming)
  expect(reply.whole).toBe(false)
  expect(reply.text).not.toContain('4111')
  expect(errorOf(dataOf(reply.text).at(-1) ?? '').code).toBe('upstream_interrupted')
})

test('a longer JSON answer is cut, with finish_reason length', async () => {
  await using t = await start((response, { body }) => answerJson(response, completion(body.includes('long') ? '🌊🌊 4111111111111111' : '🌊🌊🌊🌊🌊')), { maxChars: 5 })
  expect((await post(t.gw.url)).text).toBe(completion('🌊🌊🌊🌊🌊'))
  const reply = await post(t.gw.url, { ...chatBody, messages: [{ role: 'user', content: 'long' }] })
  expect(JSON.parse(reply.text)).toMatchObject({ choices: [{ message: { content: '🌊🌊 [r' }, finish_reason: 'length' }], usage: { total_tokens: 2 } })
  expect((await t.log.next('request', 1))['truncated']).toBeUndefined()
  expect(await t.log.next('request', 2)).toMatchObject({ truncated: true, redacted: { card: 1 } })
})

test('a longer stream is cut: whole for the caller, and the upstream is let go', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: 'abc' }), chunk({ content: 'def' }))), { maxChars: 5 })
  const reply = await post(t.gw.url, streaming)
  expect(reply.whole).toBe(true)
  expect(choicesOf(reply.text).map(({ delta, finish_reason }) => [delta.content, finish_reason])).toEqual([['abc', null], ['de', 'length']])
  expect(dataOf(reply.text).at(-1)).toBe('[DONE]')
  expect(await t.up.seen[0]?.closed).toBe(false)
  expect(await t.log.next('request')).toMatchObject({ truncated: true })
  expect((await t.log.next('request'))['error']).toBeUndefined()
})

test('a stream as long as the limit is not cut', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: 'abc' }), chunk({ content: 'de' }), chunk({ content: '' })) + done).end(), { maxChars: 5 })
  expect((await post(t.gw.url, streaming)).text).toBe(sse(chunk({ content: 'abc' }), chunk({ content: 'de' }), chunk({ content: '' })) + done)
})

test('of several choices one is cut, the others go on, and the usage comes', async () => {
  const usage = '{"id":"c1","choices":[],"usage":{"total_tokens":9}}'
  await using t = await start((response) => answerStream(response, sse(
    chunkOf([{ index: 0, delta: { content: 'abcdef' } }, { index: 1, delta: { content: 'x' } }]),
    chunkOf([{ index: 0, delta: { content: 'late' } }]),
    chunkOf([{ index: 1, delta: { content: 'y' } }, { index: 0, delta: { content: 'late' } }]),
    chunkOf([{ index: 0, finish_reason: 'stop' }]),
    chunkOf([{ index: 1, finish_reason: 'stop' }]),
    usage,
    '[DONE]',
  )).end(), { maxChars: 5 })
  const reply = await post(t.gw.url, { ...streaming, n: 2 })
  expect(choicesOf(reply.text).map(({ index, delta, finish_reason }) => [index, delta.content, finish_reason])).toEqual([[0, 'abcde', 'length'], [1, 'x', null], [1, 'y', null], [1, undefined, 'stop']])
  expect(dataOf(reply.text).slice(-2)).toEqual([usage, '[DONE]'])
})

test('the upstream is let go once all of several choices were cut, and not before one has begun', async () => {
  const steps: (() => void)[] = []
  await using t = await start((response) => {
    answerStream(response, sse(chunkOf([{ index: 0, delta: { content: 'abcdef' } }])))
    steps.push(() => response.write(sse(chunkOf([{ index: 1, delta: { content: 'uvwxyz' } }]))))
  }, { maxChars: 5 })
  const response = await open(`${t.gw.url}/v1/chat/completions`, { ...streaming, n: 2 }).response
  let text = ''
  for await (const bytes of response) {
    text += String(bytes)
    steps.shift()?.()
  }
  expect(choicesOf(text).map(({ index, delta, finish_reason }) => [index, delta.content, finish_reason])).toEqual([[0, 'abcde', 'length'], [1, 'uvwxy', 'length']])
  expect(dataOf(text).at(-1)).toBe('[DONE]')
  expect(await t.up.seen[0]?.closed).toBe(false)
})

test('a text that was held back counts when it comes', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: 'abc 12' }), chunk({ content: '34' })) + done).end(), { maxChars: 6, redact: ['card'] })
  expect(choicesOf((await post(t.gw.url, streaming)).text).map(({ delta, finish_reason }) => [delta.content, finish_reason])).toEqual([['abc ', null], ['', null], ['12', null], [undefined, 'length']])
})

test('an answer nested beyond measure is an error, not a crash', async () => {
  const deep = `${'['.repeat(10_000)}"4111111111111111"${']'.repeat(10_000)}`
  await using t = await start((response) => answerJson(response, completion('hi').replace('"refusal":null', `"refusal":${deep}`)))
  const reply = await post(t.gw.url)
  expect(reply.status).toBe(502)
  expect(errorOf(reply.text).code).toBe('upstream_bad_response')
})

test.each([
  ['choices', (nth: number) => chunkOf([{ index: nth, delta: { content: 'a' } }])],
  ['tool calls', (nth: number) => chunk({ tool_calls: [{ index: nth, function: { arguments: '{' } }] })],
])('an upstream that opens %s without end is stopped', async (_name, event) => {
  let sent = 0
  await using t = await start((response) => {
    answerStream(response, '')
    const pump = (): void => {
      while (!response.destroyed && response.write(sse(event(sent++))));
      response.once('drain', pump)
    }
    pump()
  })
  const reply = await post(t.gw.url, { ...streaming, n: 2 })
  expect(reply.whole).toBe(false)
  expect(errorOf(dataOf(reply.text).at(-1) ?? '').code).toBe('upstream_bad_response')
  expect(dataOf(reply.text)).toHaveLength(1_001)
})

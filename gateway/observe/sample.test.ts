import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, fakeUpstream, open, post, read, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import { withoutPii } from './pii.ts'
import { Excerpt, isChosen } from './sample.ts'
import { keepLog } from './test-support.ts'

const asking = (content: unknown) => ({ ...chatBody, messages: [{ role: 'system', content: 'Be kind.' }, { role: 'user', content }] })

async function sampled(answer: string, body: unknown, sample: { rate: number; maxBytes?: number } | false) {
  await using up = await fakeUpstream((response, seen) => {
    if (seen.body.includes('"stream":true')) answerStream(response, sse(...answer.match(/.{1,7}/gs)?.map((content) => chunk({ content })) ?? [], chunk({}, 'stop'), '[DONE]')).end()
    else answerJson(response, completion(answer))
  })
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'trace', sample } }), log)
  await post(gw.url, body, { headers: { 'x-request-id': 'req-1' } })
  await log.next('request')
  return log
}

test('off by default: no texts', async () => {
  const log = await sampled('answer-canary', asking('prompt-canary'), false)
  expect(log.text).not.toContain('canary')
})

test.each([false, true])('a chosen request has a line with its texts and its id (stream: %j)', async (stream) => {
  const log = await sampled('Hello there, you.', { ...asking([{ type: 'text', text: 'Hi!' }]), stream }, { rate: 1 })
  expect(await log.next('sample')).toMatchObject({ requestId: 'req-1', model: 'chat', prompt: 'system: Be kind.\nuser: Hi!', answer: 'Hello there, you.' })
})

test.each([false, true])('personal data and keys are filtered, however a stream cuts them (stream: %j)', async (stream) => {
  const secrets = ['078-05-1120', '4111 1111 1111 1111', 'sk-canary-0123456789abcdef', 'jane.doe+x@mail.example.org', '+1 (555) 010-7788', upstreamKey, callerKey]
  const text = `Mine: ${secrets.join(' , ')} - thanks.`
  const log = await sampled(text, { ...asking(text), stream }, { rate: 1 })
  const line = await log.next('sample')
  for (const said of [line['prompt'], line['answer']]) {
    expect(said).toMatch(/Mine: .*thanks\.$/s)
    for (const secret of secrets) expect(said).not.toContain(secret)
  }
  for (const secret of secrets) expect(log.text).not.toContain(secret)
})

test('a long text is cut to the limit, counted in bytes', async () => {
  const log = await sampled('é'.repeat(2_000), asking('hello'), { rate: 1, maxBytes: 200 })
  const line = await log.next('sample')
  expect(line['answer']).toBe(`${'é'.repeat(100)}…`)
  expect(line['prompt']).toBe('system: Be kind.\nuser: hello')
})

// Redactions make the text shorter, so that what was cut off in the middle moves to where it is shown.
test('no half of a secret stays at the cut', () => {
  for (const [secret, mark] of [['somebody@mail.example.org', '[email]'], ['4111 1111 1111 1111', '[redacted]'], ['+1 (555) 010-7788', '[phone]']] as const) {
    for (let before = 0; before < secret.length; before++) {
      const excerpt = new Excerpt(2_000)
      excerpt.add(`${'x'.repeat(before)} ${`${secret}, `.repeat(1_000)}`)
      const shown = excerpt.filtered().replaceAll(/x| |,|…/g, '').replaceAll(mark, '')
      expect(shown).toBe('')
    }
  }
})

test('the id decides: replicas agree, and the share is kept', () => {
  const ids = Array.from({ length: 10_000 }, (_, n) => `req-${n}`)
  const chosen = ids.filter((id) => isChosen(id, 0.1))
  expect(chosen).toEqual(ids.filter((id) => isChosen(id, 0.1)))
  expect(chosen.length).toBeGreaterThan(850)
  expect(chosen.length).toBeLessThan(1_150)
  expect(ids.some((id) => isChosen(id, 0))).toBe(false)
  expect(ids.every((id) => isChosen(id, 1))).toBe(true)
})

test('a request that is not chosen has no such line', async () => {
  const id = Array.from({ length: 100 }, (_, n) => `req-${n}`).find((one) => !isChosen(one, 0.5)) ?? ''
  await using up = await fakeUpstream((response) => answerJson(response, completion('answer-canary')))
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'trace', sample: { rate: 0.5 } } }), log)
  await post(gw.url, asking('prompt-canary'), { headers: { 'x-request-id': id } })
  await log.next('request')
  await read(await open(`${gw.url}/health/live`, undefined).response)
  await log.next('request', 2)
  expect(log.text).not.toContain('canary')
})

test('the filter is quick with texts made to slow it down', () => {
  for (const text of ['a'.repeat(70_000), 'a.'.repeat(35_000), '1 '.repeat(35_000), '1-'.repeat(35_000), 'a@'.repeat(35_000), `${'a-'.repeat(35_000)}@`, 'sk-'.repeat(23_000)]) {
    const started = performance.now()
    withoutPii(text)
    expect(performance.now() - started).toBeLessThan(1_000)
  }
})

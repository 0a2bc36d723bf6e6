import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { freePort } from '../test-port.ts'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, dataOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'

const missing = spawnSync('nginx', ['-v']).error === undefined ? undefined : 'nginx not found: apt-get install nginx-light'
const shipped = readFileSync(fileURLToPath(new URL('nginx.conf', import.meta.url)), 'utf8')

async function accepts(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const connected = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
    socket.destroy()
    if (connected) return
  }
}

/** nginx with the configuration that ships, but for its addresses, and for the limits that a test changes. */
async function startNginx(gateways: readonly string[], changes: readonly [RegExp, string][] = []) {
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'gateway-nginx-'))
  let conf = shipped.replaceAll(/server gateway-(\d):8080;/g, (_all, n: string) => `server ${new URL(gateways[Number(n) - 1] ?? gateways[0] ?? '').host};`).replace('listen 8080', `listen 127.0.0.1:${port}`)
  for (const [from, to] of changes) {
    if (!from.test(conf)) throw new Error(`nothing to change: ${from}`)
    conf = conf.replace(from, to)
  }
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir};`).join(' ')
  writeFileSync(join(dir, 'nginx.conf'), `daemon off;\nworker_processes 1;\npid ${dir}/pid;\nerror_log stderr crit;\n${conf.replace('http {', `http { ${temp}`)}`)
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: ['ignore', 'ignore', 'inherit'] })
  await accepts(port)
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
      rmSync(dir, { recursive: true })
    },
  }
}

// Chunks of HTTP/1.1 are passed on anyway. Of HTTP/1.0 nginx collects the answer unless it is told not to, by its own configuration or by
// the gateway's header; each has to do it alone.
test.for<[name: string, changes: [RegExp, string][]]>([
  ['as it ships', []],
  ['that heeds no header', [[/proxy_http_version 1.1;/, 'proxy_http_version 1.0; proxy_ignore_headers X-Accel-Buffering;']]],
  ['that collects unless a header says not to', [[/proxy_http_version 1.1;/, 'proxy_http_version 1.0;'], [/proxy_buffering \w+;/, 'proxy_buffering on;']]],
])('behind nginx %s, each word arrives before the next is sent', async ([_name, changes], context) => {
  context.skip(missing !== undefined, missing)
  let more: (() => void) | undefined
  await using up = await fakeUpstream((response) => {
    answerStream(response, sse(chunk({ role: 'assistant', content: 'w0 ' })))
    let sent = 0
    more = () => {
      sent++
      if (sent <= 5) response.write(sse(chunk({ content: `w${sent} ` })))
      else response.end(sse(chunk({}, 'stop'), '[DONE]'))
    }
  })
  await using gw = await startGateway(testConfig([up.baseURL]))
  await using nginx = await startNginx([gw.url], changes)
  const response = await open(`${nginx.url}/v1/chat/completions`, { ...chatBody, stream: true }).response
  let text = ''
  let words = 0
  for await (const bytes of response) {
    text += String(bytes)
    // Only a caller that has the word in hand lets the upstream send the next: a proxy that collects would hang here.
    while (words < contentOf(text).split(' ').length - 1) {
      words++
      more?.()
    }
  }
  expect(contentOf(text)).toBe('w0 w1 w2 w3 w4 w5 ')
  expect(dataOf(text).at(-1)).toBe('[DONE]')
})

test('two replicas behind nginx: one that is gone is passed over, with no failed request', async (context) => {
  context.skip(missing !== undefined, missing)
  await using up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  await using first = await startGateway(testConfig([up.baseURL]))
  const second = await startGateway(testConfig([up.baseURL]))
  await using nginx = await startNginx([first.url, second.url])
  expect(await post(nginx.url)).toMatchObject({ status: 200 })
  await second[Symbol.asyncDispose]()
  const replies = await Promise.all(Array.from({ length: 20 }, async () => post(nginx.url)))
  expect(replies.map((reply) => reply.status)).toEqual(Array(20).fill(200))
  expect(up.seen).toHaveLength(21)
})

test.for([
  ['without keep-alive comments the idle limit of a proxy cuts a stream that thinks', 0, false],
  ['with keep-alive comments the same stream survives it', 300, true],
] as const)('%s', async ([_name, keepAliveMs, whole], context) => {
  context.skip(missing !== undefined, missing)
  // A model that thinks for longer than the proxy waits: nginx's default is a minute, some load balancers have 30 s; here it is one.
  await using up = await fakeUpstream((response) => {
    answerStream(response, sse(chunk({ content: 'first ' })))
    setTimeout(() => response.end(sse(chunk({ content: 'last' }), chunk({}, 'stop'), '[DONE]')), 2_500)
  })
  await using gw = await startGateway(testConfig([up.baseURL], { stream: { holdMs: 50, finishMs: 60, keepAliveMs } }))
  await using nginx = await startNginx([gw.url], [[/proxy_read_timeout 600s/, 'proxy_read_timeout 1s']])
  const reply = await read(await open(`${nginx.url}/v1/chat/completions`, { ...chatBody, stream: true }, { headers: { authorization: `Bearer ${callerKey}` } }).response)
  expect({ whole: reply.whole, done: reply.text.includes('[DONE]') }).toEqual({ whole, done: whole })
})

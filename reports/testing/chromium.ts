import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--disable-dev-shm-usage', '--no-first-run', '--no-default-browser-check', '--remote-debugging-port=0']
const START_MS = 30_000

/** The first chromium on PATH, or where CHROMIUM points. */
export const findChromium = (): string | undefined => {
  const places = (process.env['PATH'] ?? '').split(delimiter)
  return [process.env['CHROMIUM'] ?? '', ...NAMES.flatMap((name) => places.map((place) => join(place, name)))].find((path) => path !== '' && existsSync(path))
}

/** How a page is looked at. */
export interface View {
  width: number
  height?: number
  dark?: boolean
  print?: boolean
  script?: boolean
}

/** A part of the page, in its own pixels. */
export type Clip = Record<'x' | 'y' | 'width' | 'height', number>

export interface Page {
  evaluate<T>(expression: string): Promise<T>
  screenshot(clip?: Clip): Promise<Buffer>
  /** everything the page asked for, its own document included */
  requests: string[]
  /** what the browser itself complained about, such as a breach of the content policy */
  complaints: string[]
}

/** A headless browser of its own: fresh profile, gone when disposed. Tests only. */
export interface Browser extends AsyncDisposable {
  open(url: string, view: View): Promise<Page>
}

interface Message {
  id?: number
  method?: string
  sessionId?: string
  params?: { request?: { url: string }; entry?: { text: string } }
  result?: Record<string, unknown>
  error?: { message: string }
}
type Send = (method: string, params?: Record<string, unknown>, sessionId?: string) => Promise<Record<string, unknown>>

/** Starts chromium and speaks its debugging protocol: the only way to set a width, a colour scheme and to see requests. */
export const startChromium = async (executable: string): Promise<Browser> => {
  const profile = await mkdtemp(join(tmpdir(), 'gauntlet-chromium-'))
  const child = spawn(executable, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const address = await new Promise<string>((resolve, reject) => {
    let log = ''
    const late = setTimeout(() => reject(new Error(`chromium did not start in ${String(START_MS)} ms: ${log}`)), START_MS)
    child.once('error', reject)
    child.stderr.on('data', (data: Buffer) => {
      log += data.toString()
      const found = /DevTools listening on (ws:\S+)/.exec(log)?.[1]
      if (found === undefined) return
      clearTimeout(late)
      resolve(found)
    })
  })
  const { send, listen, socket } = await connect(address)
  return {
    open: (url, view) => open(send, listen, url, view),
    [Symbol.asyncDispose]: async () => {
      socket.close()
      child.kill('SIGKILL')
      await closed
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

type Listen = (hear: (message: Message) => void) => void

const connect = async (address: string): Promise<{ send: Send; listen: Listen; socket: WebSocket }> => {
  const socket = new WebSocket(address)
  const waiting = new Map<number, (message: Message) => void>()
  const hearers: ((message: Message) => void)[] = []
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error(`no connection to ${address}`)))
  })
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id === undefined) for (const hear of hearers) hear(message)
    else waiting.get(message.id)?.(message)
  })
  let last = 0
  const send: Send = (method, params = {}, sessionId) =>
    new Promise((resolve, reject) => {
      last += 1
      waiting.set(last, ({ result = {}, error }) => (error === undefined ? resolve(result) : reject(new Error(`${method}: ${error.message}`))))
      socket.send(JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) }))
    })
  return { send, listen: (hear) => void hearers.push(hear), socket }
}

const open = async (send: Send, listen: Listen, url: string, view: View): Promise<Page> => {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const sessionId = String((await send('Target.attachToTarget', { targetId, flatten: true }))['sessionId'])
  const requests: string[] = []
  const complaints: string[] = []
  const call = (method: string, params?: Record<string, unknown>) => send(method, params, sessionId)
  const loaded = new Promise<void>((resolve) => {
    listen((message) => {
      if (message.sessionId !== sessionId) return
      if (message.method === 'Page.loadEventFired') resolve()
      if (message.method === 'Network.requestWillBeSent') requests.push(message.params?.request?.url ?? '?')
      if (message.method === 'Log.entryAdded') complaints.push(message.params?.entry?.text ?? '?')
      if (message.method === 'Runtime.exceptionThrown') complaints.push('a script threw')
    })
  })
  for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await call(`${domain}.enable`)
  await call('Emulation.setDeviceMetricsOverride', { width: view.width, height: view.height ?? 900, deviceScaleFactor: 1, mobile: false })
  await call('Emulation.setEmulatedMedia', { media: view.print === true ? 'print' : '', features: [{ name: 'prefers-color-scheme', value: view.dark === true ? 'dark' : 'light' }] })
  await call('Emulation.setScriptExecutionDisabled', { value: view.script !== true })
  await call('Page.navigate', { url })
  await loaded
  return {
    requests,
    complaints,
    evaluate: async <T>(expression: string) => {
      const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
      if (exceptionDetails !== undefined) throw new Error(`in the page: ${JSON.stringify(exceptionDetails)}`)
      return (result as { value: T }).value
    },
    screenshot: async (clip) => {
      const shot = await call('Page.captureScreenshot', { captureBeyondViewport: true, ...(clip === undefined ? {} : { clip: { ...clip, scale: 1 } }) })
      return Buffer.from(String(shot['data']), 'base64')
    },
  }
}

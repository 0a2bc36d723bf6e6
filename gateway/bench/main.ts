import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { keepAwake } from './awake.ts'
import { Child, pin, rigFlags } from './child.ts'
import { keepKernelThreadsOff } from './kernel-threads.ts'
import type { Closed, Streamed } from './load.ts'
import type { Loads } from './load-process.ts'
import { measureRest } from './rest.ts'
import { median } from './stats.ts'
import { undisturbed, watchStolen } from './stolen.ts'
import { missing, startRedis, startTarget, targetNames } from './targets.ts'
import type { Target, TargetName } from './targets.ts'

const usage = `Usage: npm run bench -- [--json FILE] [--rounds N] [--seconds N] [--only NAME,NAME] [--no-rest]

Compares in one run, on loopback, against one fixed upstream: direct, nginx, a bare Fastify + undici pass-through, and this gateway
bare and with every feature on (memory, Redis). All are started and warmed up first; then their rounds take turns, so that a slow minute of the machine hits all.
A turn of streams is measured again, three times at most, when the host of this machine took more than half a percent of it: chunks are late then, whoever relays
them. What was not counted is printed as well, and what could not be measured is a dash.`

const { values } = parseArgs({
  options: { json: { type: 'string' }, rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '3' }, only: { type: 'string' }, 'no-rest': { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
})
if (values.help === true) {
  process.stdout.write(`${usage}\n`)
  process.exit(0)
}
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const callers = 32
/** Until the compiler has seen enough: a gateway runs for weeks, and what it does at first says little. */
const warmMs = 20_000
const openRate = 200
/** A thousand chunks a second: at four thousand the load alone fills a core, and what is measured is its own queue. */
const streams = { concurrent: 200, settle: 800, total: 1_600, chunks: 10, gapMs: 200 }
/** Close together, and for about as long as JSON is warmed up: what was compiled for whole answers alone is compiled again for streams, and beginning one is seen once in ten chunks. */
const warmStreams = { concurrent: 100, total: 20_000, chunks: 10, gapMs: 5 }
/** The measured program has the first core, everything else the second. Asked before anything is pinned: a process sees only the cores that are left to it. */
const [targetCore, otherCore] = availableParallelism() >= 2 ? [0, 1] : [undefined, undefined]
const usedCores = targetCore === undefined ? undefined : [targetCore, otherCore]
pin(process.pid, otherCore)
await using awake = await keepAwake(usedCores ?? [])
using kernel = targetCore === undefined ? undefined : keepKernelThreadsOff(targetCore)

interface Row {
  closed: Closed[]
  cpuPerRequest: number[]
  open: { p50: number; p99: number }[]
  /** Of each round, undefined where the host disturbed every try. */
  streams: (Streamed | undefined)[]
}

const wanted = values.only === undefined ? [...targetNames] : targetNames.filter((name) => values.only?.split(',').includes(name))
const asked = wanted.filter((name) => {
  const reason = missing(name)
  if (reason !== undefined) console.log(`${name} is left out: ${reason}`)
  return reason === undefined
})
const stolen = watchStolen(usedCores)
const rows = new Map<TargetName, Row>(asked.map((name) => [name, { closed: [], cpuPerRequest: [], open: [], streams: [] }]))

await using upstream = await Child.start('upstream.ts', [], otherCore, rigFlags)
await using load = await Child.start('load-process.ts', [], otherCore, rigFlags)
await using redis = asked.includes('gateway-full-redis') ? await startRedis(otherCore ?? 0) : undefined

await using running = new AsyncDisposableStack()
const targets = new Map<TargetName, Target>()
for (const name of asked) {
  const target = running.use(await startTarget(name, upstream.url, redis?.url, targetCore ?? 0))
  targets.set(name, target)
  await loaded('closedLoad', target.url, callers, warmMs)
}

/** Has the load measure something. */
async function loaded<Kind extends keyof Loads>(kind: Kind, ...args: Parameters<Loads[Kind]>): Promise<Awaited<ReturnType<Loads[Kind]>>> {
  return load.ask<Awaited<ReturnType<Loads[Kind]>>>(kind, ...args)
}

/** Every target in turn, round by round. */
async function eachRound(what: string, measure: (row: Row, target: Target, name: TargetName) => Promise<string>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [name, target] of targets) {
      const row = rows.get(name)
      if (row !== undefined) console.log(`${what} ${round + 1}/${rounds}  ${name.padEnd(18)} ${await measure(row, target, name)}`)
    }
  }
}

await eachRound('JSON', async (row, target) => {
  const before = target.child?.cpuSeconds ?? 0
  const closed = await loaded('closedLoad', target.url, callers, seconds * 1_000)
  row.closed.push(closed)
  if (target.child !== undefined) row.cpuPerRequest.push(((target.child.cpuSeconds - before) * 1e6) / (closed.perSecond * seconds))
  return `${closed.perSecond.toFixed(0).padStart(6)} req/s  p99 ${closed.p99.toFixed(1)} ms`
})
await eachRound('rate', async (row, target) => {
  const open = await loaded('openLoad', target.url, openRate, seconds * 1_000)
  row.open.push(open)
  return `p50 ${open.p50.toFixed(2)} ms  p99 ${open.p99.toFixed(2)} ms`
})
// Last: what has seen streams answers JSON a little slower for some seconds, until it has been compiled for both.
for (const { url } of targets.values()) {
  await loaded('streamLoad', url, warmStreams)
  // And one turn that does not count: what was warm for streams close together is not yet for these.
  await loaded('streamLoad', url, streams)
}
let disturbedTurns = 0
const shown = ({ ttftP50, transitP99 }: Streamed): string => `TTFT p50 ${ttftP50.toFixed(2)} ms  transit p99 ${transitP99.toFixed(2)} ms`
await eachRound('streams', async (row, target, name) => {
  const streamed = await undisturbed(() => watchStolen(usedCores), async () => {
    await upstream.ask('collect')
    await load.ask('collect')
    return loaded('streamLoad', target.url, streams)
  }, (measured, percent) => {
    disturbedTurns++
    console.log(`             ${name.padEnd(18)} not counted, the host took ${percent.toFixed(2)} %: ${shown(measured)}`)
  })
  row.streams.push(streamed)
  return streamed === undefined ? 'not measured: the host disturbed every try' : shown(streamed)
})

/** Looked at, not believed: once all shared one core, and no number showed it. */
const isPinned = targetCore !== undefined && [...targets.values()].every(({ child }) => child === undefined || child.cores === String(targetCore)) && [upstream, load].every(({ cores }) => cores === String(otherCore))
const stolenPercent = stolen()
const conditions = [
  isPinned ? 'the measured program has a core to itself' : 'NOTHING IS PINNED: targets share their cores with the load',
  kernel?.isOff === true ? 'without those of the kernel\'s threads that can go elsewhere' : 'THE KERNEL\'S OWN THREADS RUN THERE TOO, for some milliseconds at a time (root could move them)',
  awake.isOn ? 'no core sleeps' : 'CORES SLEEP between two chunks: what it takes to wake one is measured as well',
  ...(stolenPercent === undefined ? [] : [`the host kept the machine waiting for ${stolenPercent.toFixed(1)} % of its time (above 1 %, delays of some milliseconds may be its own)`]),
  ...(disturbedTurns === 0 ? [] : [`${disturbedTurns} turns of streams that it disturbed were measured again`]),
]

const of = (name: TargetName, pick: (row: Row) => number[]): number => median(pick(rows.get(name) ?? { closed: [], cpuPerRequest: [], open: [], streams: [] }))
const perSecond = (name: TargetName): number => of(name, (r) => r.closed.map((c) => c.perSecond))
const p50 = (name: TargetName): number => of(name, (r) => r.closed.map((c) => c.p50))
const p99 = (name: TargetName): number => of(name, (r) => r.closed.map((c) => c.p99))
const open50 = (name: TargetName): number => of(name, (r) => r.open.map((c) => c.p50))
const open99 = (name: TargetName): number => of(name, (r) => r.open.map((c) => c.p99))
const ttft = (name: TargetName): number => of(name, (r) => r.streams.map((s) => s?.ttftP50 ?? Number.NaN))
const gap99 = (name: TargetName): number => of(name, (r) => r.streams.map((s) => s?.transitP99 ?? Number.NaN))
/** The median of what a comparison gives round by round: the machine is seldom as fast in one minute as in another, and the turns of a round are close. */
const beside = (name: TargetName, other: TargetName, pick: (row: Row, round: number) => number | undefined, compare: (mine: number, theirs: number) => number): number => {
  const [mine, theirs] = [rows.get(name), rows.get(other)]
  if (mine === undefined || theirs === undefined) return Number.NaN
  return median(Array.from({ length: rounds }, (_none, round) => compare(pick(mine, round) ?? Number.NaN, pick(theirs, round) ?? Number.NaN)))
}
const ofBare = (name: TargetName, what: 'perSecond' | 'p99'): number => beside(name, 'bare', (row, round) => row.closed[round]?.[what], (mine, bare) => mine / bare)
const added = (name: TargetName, pick: (row: Row, round: number) => number | undefined): number => beside(name, 'direct', pick, (mine, direct) => mine - direct)

console.log(`\nJSON chat, ${callers} callers; open model at ${openRate}/s; ${streams.concurrent} concurrent streams. Medians of ${rounds} rounds; ${conditions.join('; ')}.\n`)
console.log(['target'.padEnd(18), 'req/s', 'p50 ms', 'p99 ms', 'CPU µs', 'of bare', '+p50@rate', '+p99@rate', '+TTFT p50', '+gap p99'].map((h, i) => (i === 0 ? h : h.padStart(10))).join(''))
for (const name of asked) {
  const cells = [perSecond(name).toFixed(0), p50(name).toFixed(2), p99(name).toFixed(2), of(name, (r) => r.cpuPerRequest).toFixed(0), ofBare(name, 'perSecond').toFixed(2),
    added(name, (r, n) => r.open[n]?.p50).toFixed(2), added(name, (r, n) => r.open[n]?.p99).toFixed(2), added(name, (r, n) => r.streams[n]?.ttftP50).toFixed(2), added(name, (r, n) => r.streams[n]?.transitP99).toFixed(2)]
  console.log([name.padEnd(18), ...cells.map((c) => (c === 'NaN' ? '–' : c).padStart(10))].join(''))
}

const rest = values['no-rest'] || !asked.includes('gateway-full') ? undefined : await measureRest(upstream, targetCore ?? 0)
const result = {
  rig: { cpu: cpus()[0]?.model, cores: cpus().length, kernel: release(), pinned: isPinned, awake: awake.isOn, kernelThreadsOff: kernel?.isOff === true, ...(stolenPercent === undefined ? {} : { stolenPercent }) },
  versions: { node: process.version, ...process.versions.undici === undefined ? {} : { undici: process.versions.undici } },
  rounds, seconds, callers, openRate,
  targets: Object.fromEntries(asked.map((name) => [name, { perSecond: perSecond(name), p50: p50(name), p99: p99(name), cpuMicrosPerRequest: of(name, (r) => r.cpuPerRequest), openP50: open50(name), openP99: open99(name), ttftP50: ttft(name), transitP99: gap99(name) }])),
  ratios: {
    throughputVsBare: ofBare('gateway-full', 'perSecond'), p99VsBare: ofBare('gateway-full', 'p99'),
    throughputVsBareRedis: ofBare('gateway-full-redis', 'perSecond'), p99VsBareRedis: ofBare('gateway-full-redis', 'p99'),
    throughputVsBarePlain: ofBare('gateway', 'perSecond'),
  },
  streams: { ...streams, disturbedTurns, measuredRounds: rows.get('gateway-full')?.streams.filter((each) => each !== undefined).length, addedTtftMsP50: added('gateway-full', (r, n) => r.streams[n]?.ttftP50), addedGapMsP99: added('gateway-full', (r, n) => r.streams[n]?.transitP99) },
  rest,
}
console.log(`\nratios ${JSON.stringify(result.ratios, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value))}`)
console.log(`streams ${JSON.stringify(result.streams, (_key, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value))}`)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`)
  console.log(`written to ${values.json}`)
}

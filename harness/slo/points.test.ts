import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { parsePoints, readPoints } from './points.ts'

const line = (metric: string, time: string, tags: object, nonce?: string, value = 1): string =>
  JSON.stringify({ metric, type: 'Point', data: { time: `2026-01-02T03:04:${time}Z`, value, tags, ...(nonce === undefined ? {} : { metadata: { nonce } }) } })
const start = (nonce: string, time: string): string => line('gauntlet_started', time, { kind: 'json' }, nonce)
const end = (nonce: string, time: string, ms = 12.5): string => line('gauntlet_ended', time, { kind: 'json', outcome: 'ok', reason: 'ok' }, nonce, ms)

describe('parsePoints', () => {
  it('joins start and end by nonce, in milliseconds since the first arrival', () => {
    const points = parsePoints([start('b', '05.516666700'), start('a', '05.500000000'), end('a', '05.512500000'), end('b', '05.529')])
    expect(points.defects).toEqual([])
    expect(points.requests.map(({ nonce, startedAt }) => [nonce, Math.round(startedAt * 10) / 10])).toEqual([['a', 0], ['b', 16.7]])
    expect(points.requests[0]?.end).toEqual({ outcome: 'ok', reason: 'ok', ms: 12.5 })
  })

  it('a start without an end is an interrupted request, not a missing one', () => {
    expect(parsePoints([start('a', '05')]).requests).toEqual([{ nonce: 'a', kind: 'json', startedAt: 0, end: null }])
  })

  it('counts dropped arrivals by value, without a tag of ours', () => {
    expect(parsePoints([start('a', '05'), line('dropped_iterations', '06', {}, undefined, 3)]).droppedAt).toEqual([1000, 1000, 1000])
  })

  it.each([
    ['an end without a start', [end('a', '05')]],
    ['a nonce that starts twice', [start('a', '05'), start('a', '06')]],
    ['a nonce that ends twice', [start('a', '05'), end('a', '06'), end('a', '07')]],
    ['a line that is no JSON', ['{"metric":"gauntlet_started"']],
  ])('%s is a defect', (_, lines) => expect(parsePoints(lines).defects).toHaveLength(1))
})

describe('readPoints', () => {
  const write = async (content: Buffer): Promise<string> => {
    const file = join(await mkdtemp(join(tmpdir(), 'slo-points-')), 'points.json.gz')
    await writeFile(file, content)
    return file
  }
  const noise = line('http_req_duration', '05', {}, 'a')
  const declaration = '{"type":"Metric","data":{"name":"gauntlet_started"},"metric":"gauntlet_started"}'

  it('takes only our points out of k6’s file', async () => {
    const points = await readPoints(await write(gzipSync([declaration, start('a', '05'), noise, end('a', '06')].join('\n'))))
    expect(points.requests).toHaveLength(1)
    expect(points.defects).toEqual([])
  })

  it('says so when the file breaks off', async () => {
    const whole = gzipSync(Array.from({ length: 500 }, (_, i) => start(`n${i}-${Math.sin(i)}`, '05')).join('\n'))
    const points = await readPoints(await write(whole.subarray(0, whole.length - 400)))
    expect(points.defects.join()).toContain('could not be read to the end')
  })

  it('says so when there is no file', async () => {
    expect((await readPoints('/nonexistent/points.json.gz')).defects.join()).toContain('ENOENT')
  })
})

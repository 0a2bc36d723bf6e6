import { closedLoad, openLoad, streamLoad } from './load.ts'

/** The load as a process of the benchmark: asked for one kind by name, it answers with what was measured. */
const kinds = { closedLoad, openLoad, streamLoad }

export type Loads = typeof kinds

type Asked = { readonly [Kind in keyof Loads]: readonly [Kind, ...Parameters<Loads[Kind]>] }[keyof Loads]

async function measured(asked: Asked): Promise<unknown> {
  if (asked[0] === 'closedLoad') return closedLoad(asked[1], asked[2], asked[3])
  return asked[0] === 'openLoad' ? openLoad(asked[1], asked[2], asked[3]) : streamLoad(asked[1], asked[2])
}

process.on('message', (asked: Asked | 'collect') => {
  if (asked === 'collect') {
    globalThis.gc?.()
    process.send?.({})
    return
  }
  void measured(asked).then((value) => process.send?.({ value }), (error: unknown) => process.send?.({ error: String(error) }))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: 0 })

type Answers = Readonly<Record<string, (...args: never[]) => unknown>>

/**
 * The other end of a {@link Child}: tells the parent the port, answers what it asks by name, and ends with it.
 * An answer is `{ value }`, or `{ error }` where one could not be had.
 */
export function answerParent(port: number, answers: Answers = {}): void {
  process.on('message', ([name, ...args]: [string, ...never[]]) => {
    const answer = async (): Promise<unknown> => answers[name]?.(...args)
    void answer().then((value) => process.send?.({ value }), (error: unknown) => process.send?.({ error: String(error) }))
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

/** Collects all that is dead. Twice: what the first collection's finalizers freed goes with the second. */
export function collect(): void {
  globalThis.gc?.()
  globalThis.gc?.()
}

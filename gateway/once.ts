/** Something to give back: what it was made with runs when it is disposed of, and not again when it is disposed of once more. */
export class Once implements Disposable {
  #run: (() => void) | undefined

  constructor(run: () => void) {
    this.#run = run
  }

  [Symbol.dispose](): void {
    const run = this.#run
    this.#run = undefined
    run?.()
  }
}

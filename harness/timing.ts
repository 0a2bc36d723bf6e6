/** Monotonic milliseconds since this process started; the one clock of every piece of evidence. */
export const now = (): number => Math.round(performance.now() * 1000) / 1000

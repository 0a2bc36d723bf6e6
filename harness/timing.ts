/** Monotonic milliseconds since this process started; the one clock of every piece of evidence. */
export const now = (): number => Math.round(performance.now() * 1000) / 1000

/** Every wait of the engine, in milliseconds. What depends on the target's own promises is relative to its claims instead. */
export const timing = {
  /** An event the upstream holds back until the caller has the one before; above this the target is buffering. */
  lockstepMs: 700,
  /** Between the last whole event and a cut, so that the events before it have left. */
  beforeCutMs: 20,
  /** How long the scripted upstream keeps an idle connection, well above any scenario. */
  upstreamKeepAliveMs: 60_000,
  /** What is added to a claimed timeout before a check calls it exceeded: scheduling, proxies, retries' bookkeeping. */
  graceMs: 400,
  /** The caller gives up this long after the longest claimed budget: a target that never answers must not stop the run. */
  giveUpMarginMs: 1500,
  /** Above this lag of the harness's own event loop a timed check is `unknown`. */
  maxLagMs: 50,
  /** The control row waits this long for a script that ends, and this long for one that must not. */
  controlMs: 5000,
  controlHangMs: 120,
  /** A real model may have to be read from disk before its first word. */
  controlModelMs: 30_000,
  /** Lets the target notice that its idle upstream connections were closed. */
  closeIdleMs: 30,
  /** Between two tries of a baseline or recovery request. */
  retryProbeMs: 50,
  /** A baseline must be healthy within the claimed cool-down plus this. */
  baselineMarginMs: 1500,
  /** An answer of an open breaker is this fast, or the breaker is not what answered. */
  shedMs: 150,
  /** Timers may be early by as much, and a clock of whole milliseconds is off by as much. */
  clockMs: 5,
  /** Bound of one health probe; the requirement itself asks for less. */
  probeMs: 2000,
  /** Health endpoints answer within this. */
  healthMs: 100,
  /** The upstream's socket must be seen closed within this of the judging end, so that a late close is still recorded. */
  settleMs: 150,
  /** Bound of a wait for something the upstream should see. */
  journalMs: 3000,
  /** A component that does not answer for this long while the target is in doubt is lost. */
  componentMs: 2000,
  /** Bound of the exit of a target after SIGTERM, on top of its claimed drain deadline. */
  exitMarginMs: 3000,
} as const

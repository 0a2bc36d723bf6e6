/**
 * Every wait of the components, in milliseconds. Upper bounds, not delays: a start returns as soon as its readiness
 * check answers. They are generous because a cold disk or a busy CI machine must not turn into a false "missing".
 */
export const timing = {
  /** Between two readiness checks. Small, because a start is on the path of every command. */
  pollEvery: 25,
  /** One readiness or version request over HTTP. */
  httpAnswer: 2_000,
  /** A Docker engine that is there answers in tens of milliseconds; a dead socket must not hold up `doctor`. */
  engineAnswer: 4_000,
  /** Asking a registry whether an image exists, without pulling it. */
  registryAnswer: 6_000,
  /** A pull nobody asked for; when it takes longer, a binary on this machine is the better component. */
  pullUnasked: 20_000,
  /** A pull asked for with provider: 'container'. */
  pullForced: 600_000,
  /** A redis or toxiproxy process or container until it answers. */
  start: 15_000,
  /** Ollama reads its model folder and looks for accelerators first. */
  startOllama: 60_000,
  /** A child is not ready before it has lived this long; one whose port is taken dies sooner. */
  settle: 100,
  /** From SIGTERM to SIGKILL. */
  stopGrace: 3_000,
  /** Asking a binary for its version. */
  versionAnswer: 5_000,
  /** `go install` of one tool, download included. k6 and ollama take 80 s on two cores. */
  goInstall: 900_000,
} as const

/** One row of the registry: the exit code of design §3, what happened, and what the reader does next. */
export interface HarnessErrorRow {
  exit: number
  summary: string
  hint: string
}

/** Every error the harness raises on purpose. A code never changes its meaning: scripts match on it. */
export const HAR_ERRORS = {
  HAR_ERR_USAGE: { exit: 2, summary: 'the command line is wrong', hint: 'See `gauntlet --help` or `gauntlet COMMAND --help`.' },
  HAR_ERR_CONFIG: { exit: 2, summary: 'the configuration is invalid', hint: 'Correct the paths listed above; `gauntlet init` writes a valid file to start from.' },
  HAR_ERR_FILTER_EMPTY: { exit: 2, summary: 'the filter matches no scenario', hint: '`gauntlet list` prints every scenario id.' },
  HAR_ERR_RUN_UNREADABLE: { exit: 2, summary: 'the run folder cannot be read', hint: 'Give the folder that holds report.json, for example .gauntlet/latest.' },
  HAR_ERR_COMPONENT_REQUIRED: { exit: 3, summary: 'a required component is missing', hint: '`gauntlet doctor` shows what was looked for and where.' },
  HAR_ERR_COMPONENT_START: { exit: 3, summary: 'a component did not start', hint: 'Its log file says why.' },
  HAR_ERR_COMPONENT_LOST: { exit: 3, summary: 'a component died during the run', hint: 'Its log file in the run folder says why; what was judged before it died is in the report.' },
  HAR_ERR_INSTALL: { exit: 3, summary: 'a component could not be installed', hint: '`gauntlet doctor` shows other ways to get it.' },
  HAR_ERR_TARGET_START: { exit: 3, summary: 'the target did not become ready', hint: 'Run its launch command by hand; its log file is in the run folder.' },
  HAR_ERR_PORT_TAKEN: { exit: 3, summary: 'a port is taken by another process', hint: 'Leave the port out to let the harness pick a free one, or stop what listens there.' },
  HAR_ERR_DISK: { exit: 3, summary: 'the run folder cannot be written', hint: 'Free disk space, or give another folder with --out.' },
  HAR_ERR_ENGINE: { exit: 3, summary: 'the engine itself failed', hint: 'This is a defect of Gauntlet: please report it with the run folder.' },
  HAR_ERR_K6: { exit: 3, summary: 'k6 could not run the load profile', hint: '`gauntlet install k6` fetches a version known to work.' },
} as const satisfies Record<string, HarnessErrorRow>

export type HarnessErrorCode = keyof typeof HAR_ERRORS

/**
 * An error with a stable code. `message` says what failed with which value; `hint` says what to do, by default the
 * registry's; `exitCode` is what the CLI exits with. Match on `code`, not on the message.
 */
export class HarnessError extends Error {
  override readonly name = 'HarnessError'
  readonly code: HarnessErrorCode
  readonly exitCode: number
  readonly hint: string

  constructor(code: HarnessErrorCode, message?: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    const row: HarnessErrorRow = HAR_ERRORS[code]
    super(message ?? row.summary, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.exitCode = row.exit
    this.hint = options.hint ?? row.hint
  }
}

/** True for a HarnessError, of the given code when one is given. Compares codes, so it holds across two copies of this module. */
export function isHarnessError(error: unknown, code?: HarnessErrorCode): error is HarnessError {
  if (!(error instanceof Error) || error.name !== 'HarnessError') return false
  return code === undefined || (error as HarnessError).code === code
}

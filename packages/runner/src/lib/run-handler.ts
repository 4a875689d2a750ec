import type { Capabilities, DiagLevel, RunEvent, RunParams } from "@signalbox/protocol"

// What the author of a runner writes and what the author is given. `Signal` is the platform's own signal of cancellation.

/**
 * Does one run. Called once for each accepted run, several at a time. Its events are sent in the order in which they are
 * yielded; the run ends `ok` when it returns, `error` when it throws, `cancelled` when it stops after a cancel.
 */
export type RunHandler<Signal> = (params: RunParams, context: RunContext<Signal>) => RunResult

/** A stream of events, or nothing: a handler may also say everything by `context.send`. */
export type RunResult = AsyncIterable<RunEvent> | Promise<AsyncIterable<RunEvent> | void> | void

/** One run, as its handler sees it. Owned by the runner; after the run's `end` every call on it is without effect. */
export interface RunContext<Signal> {
  readonly id: string
  /** The prompt as text, whatever form it came in; empty when there was none. */
  readonly prompt: string
  /** Aborted when the run is cancelled or the host is gone. Hand it to everything that can take long. */
  readonly signal: Signal
  readonly cancelled: boolean
  /** Says a diagnostic about this run, on stderr. */
  readonly diag: (level: DiagLevel, message: string) => void
  /**
   * Asks the host's user and waits for the answer. Rejects when the run is cancelled or ends, and when the host closes
   * its side, because no answer can come then. It has no time limit of its own.
   */
  readonly ask: (question: Question) => Promise<unknown>
  /**
   * Sends an event from outside the stream, for agents that call back. Wait for the promise: it resolves when there is
   * room again, and rejects an event that cannot be sent.
   */
  readonly send: (event: RunEvent) => Promise<void>
}

/** What `ask` says to the user. Every other field travels as given. */
export interface Question {
  readonly kind: "permission" | "question"
  readonly [field: string]: unknown
}

export interface RunnerOptions {
  /** The agent's name, said in `hello`. */
  readonly agent?: string
  /** The agent's version, said in `hello`. */
  readonly version?: string
  /** Added to what `hello` announces, which is `cancel: "cooperative"` and `answer: true`. */
  readonly capabilities?: Capabilities
  /** The fields that `params` must have; the prompt when left out. */
  readonly required?: ReadonlyArray<string>
  /** A further look at well-formed params: says what is wrong with them, or nothing. */
  readonly check?: (params: RunParams) => string | undefined
  /** How many characters may wait for the host on each stream before handlers are paused [1,048,576]. */
  readonly maxUnwritten?: number
}

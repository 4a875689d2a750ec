// The platform under a runner: two streams out, a moment later, and a way to cancel. The port's owner feeds the lines in.

export interface RunnerPort<Signal> {
  /**
   * Writes whole lines, newlines included, to stdout, and calls `done` once when they have left, or never can. Never
   * throws. The next batch is written after `done`.
   */
  readonly stdout: (text: string, done: () => void) => void
  /** The same for stderr. */
  readonly stderr: (text: string, done: () => void) => void
  /** Calls back soon, and only once: what is said until then leaves as one batch. */
  readonly defer: (flush: () => void) => void
  readonly makeAborter: () => Aborter<Signal>
  /** Runs everything that a run's handler does; a platform may remember the id to tell later whose work it is. */
  readonly enter?: <Value>(id: string, work: () => Value) => Value
}

export interface Aborter<Signal> {
  readonly signal: Signal
  readonly abort: (reason: Error) => void
}

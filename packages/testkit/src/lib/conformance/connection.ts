// The port to the runner under test. Whoever runs the suite starts the program; the suite only talks and listens.

export interface RunnerExit {
  readonly code: number | null
  readonly signal: string | null
}

/** One living process of the runner. The suite ends it with `kill` in any case, also when it has exited already. */
export interface Connection {
  /** Hands bytes to the runner's stdin, in order. A runner that no longer reads may leave it waiting, or reject it. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Closes the runner's stdin after what was written. */
  readonly endInput: () => Promise<void>
  /** What arrives, chunk by chunk, until the pipe's end. Each is read once, from the beginning, at once. */
  readonly stdout: AsyncIterable<Uint8Array>
  readonly stderr: AsyncIterable<Uint8Array>
  /** Resolves once, when the process is gone. */
  readonly exited: Promise<RunnerExit>
  /** Ends the process and all it started, at once; resolves when that is done. May be called twice. */
  readonly kill: () => Promise<void>
}

/** Starts the runner anew. Rejects when it cannot be started. */
export type Connect = () => Promise<Connection>

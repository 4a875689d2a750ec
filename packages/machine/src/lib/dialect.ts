import type { HostFrame, RunnerFrame } from "@signalbox/protocol"

// A dialect is the pure translation between an agent's own lines and the frames of `signalbox.stdio/1`. One dialect
// value belongs to one process: it may remember threads, request ids and open items. The mux never sees a foreign line.

/** Where a dialect's orders go. Called synchronously, in order; the caller owns it and outlives the dialect. */
export interface DialectSink {
  /** One line for the agent's stdin, without its newline. */
  readonly write: (line: string) => void
  /** A frame, as if the agent had spoken our protocol. */
  readonly frame: (frame: RunnerFrame) => void
  /** A line that could not be understood: counted by kind, the first ones kept. */
  readonly stray: (stray: Stray) => void
  /** Nothing more will be written: close the agent's stdin. */
  readonly endInput: () => void
}

/** A line that became no frame. `sample` is the line, cut by the one who keeps it. `id` names the run when the line did. */
export interface Stray {
  readonly stream: "stdout" | "stderr"
  readonly kind: StrayKind
  readonly sample: string
  readonly id?: string
}

export type StrayKind = "not_json" | "not_object" | "unknown_type" | "wrong_shape" | "oversize" | "bad_utf8"

/** How a process ended, as far as a dialect needs it. */
export interface ExitFacts {
  readonly exitCode: number | null
  readonly signal: string | null
}

export interface Dialect {
  /** Called once, before anything else: the lines that open the conversation. Waits for nothing. */
  readonly start: (sink: DialectSink) => void
  /** Says one of our frames in the agent's words. May keep it until the agent is ready for it. */
  readonly encode: (frame: HostFrame, sink: DialectSink) => void
  /** Hears one line of stdout, without its newline. Never throws. */
  readonly stdout: (line: string, sink: DialectSink) => void
  /** All whole lines of one chunk of stdout were told: say what was gathered from them. */
  readonly chunkEnd?: (sink: DialectSink) => void
  /** Hears one line of stderr. True when the line was understood; false leaves it as plain-text evidence. */
  readonly stderr: (line: string, sink: DialectSink) => boolean
  /** The process exited and its pipes are drained: the last chance to say how open runs ended. */
  readonly exited?: (facts: ExitFacts, sink: DialectSink) => void
}

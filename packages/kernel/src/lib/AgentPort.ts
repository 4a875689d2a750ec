import type { Command, Dialect } from "@signalbox/machine"
import type { AskFrame, RunEvent, RunParams } from "@signalbox/protocol"
import type { Ending } from "@signalbox/machine"

// The kernel's two sides: what it must know of an agent, and to whom it tells what a run does.

/** An agent program as the kernel sees it: how to start it and how to understand it. */
export interface RunnableAgent {
  readonly name: string
  /** `shared`: one process carries many runs. `once`: a fresh process for each run. */
  readonly lifetime: "shared" | "once"
  /** The program; for a `once` agent with the parameters of its run. */
  readonly command: (params: RunParams) => Command
  /** A new one for each process. */
  readonly dialect: () => Dialect
}

/** Hears everything of one run, synchronously and in order, on the per-event path: it must not wait and must not throw. */
export interface RunSink {
  readonly event: (event: RunEvent) => void
  readonly ask: (ask: AskFrame) => void
  readonly diag: (level: string, source: "runner" | "host", message: string) => void
  /** Exactly once, and nothing after it. */
  readonly end: (ending: Ending) => void
}

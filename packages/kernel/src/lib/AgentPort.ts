import type { Command, Dialect, Ending } from "@signalbox/machine"
import type { AskFrame, RunEvent, RunParams } from "@signalbox/protocol"

// The kernel's two sides: what it must know of an agent, and to whom it tells what a run does.

/** An agent program as the kernel sees it: how to start it and how to understand it. */
export interface RunnableAgent {
  readonly name: string
  /** `shared`: one process carries many runs. `once`: a fresh process for each run. */
  readonly lifetime: "shared" | "once"
  /** The program, or why it cannot be started here; a `once` agent is given its run. Asked before each start. */
  readonly launch: (run?: { readonly id: string; readonly params: RunParams }) => RunnableLaunch
  /** A new one for each process. */
  readonly dialect: () => Dialect
}

export type RunnableLaunch =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly fault: { readonly message: string } }

/** Hears everything of one run, synchronously and in order, on the per-event path: it must not wait and must not throw. */
export interface RunSink {
  readonly event: (event: RunEvent) => void
  readonly ask: (ask: AskFrame) => void
  readonly diag: (level: string, source: "runner" | "host", message: string) => void
  /** Exactly once, and nothing after it. */
  readonly end: (ending: Ending) => void
}

import type {
  AskFrame,
  Capabilities,
  ExitEvidence,
  Fault,
  HostFrame,
  Outcome,
  RunEvent,
  RunnerFrame,
  RunnerHello,
  RunParams
} from "@signalbox/protocol"
import type { Stray, StrayKind } from "./dialect.ts"
import type { SteadyClock } from "./steady-clock.ts"

// The mux's vocabulary: what it is told, what it orders, what it remembers. The transitions are in mux.ts.

export interface MuxConfig {
  /** After a cancel that the runner can hear: how long its `end` may take before readers are told without it. */
  readonly cancelGraceMs: number
  /** Whether a runner must say `hello`, and how soon. */
  readonly requireHello: boolean
  readonly helloMs: number
  /** This many malformed lines within the period retire the runner. */
  readonly strayCount: number
  readonly strayPeriodMs: number
  /** After `fatal`, or after it closed its stdout: how long the process may take to exit by itself. */
  readonly fatalGraceMs: number
  /** What the death of the process means for its open runs: a shared runner loses them, a one-shot program failed. */
  readonly deathOutcome: "lost" | "failed"
}

/** Why a run is to stop before its own end. */
export interface StopWish {
  readonly outcome: "cancelled" | "timed_out"
  readonly fault: Fault
  /**
   * How long the work may go on when the runner cannot stop it: what is left of the run's time limit. After that it
   * counts as hanging, and a runner in which nothing else lives is replaced. Without it, the work may go on for ever.
   */
  readonly leftMs?: number
}

/** How a run ended, as the mux knows it. */
export interface Ending {
  readonly outcome: Outcome
  readonly error?: Fault
  readonly exit?: ExitEvidence
}

/** `Owner` is the asker's own value; the mux only hands it back, so that no second look-up is needed per event. */
export type MuxInput<Owner> =
  | { readonly type: "open"; readonly id: string; readonly params: RunParams; readonly owner: Owner }
  | { readonly type: "stop"; readonly id: string; readonly wish: StopWish }
  | { readonly type: "answer"; readonly id: string; readonly request: string; readonly value: unknown }
  | RunnerFrame
  | { readonly type: "stray"; readonly stray: Stray }
  /** The runner does not read its stdin: the write deadline passed. */
  | { readonly type: "stuck" }
  /** Accept nothing new; what runs may finish. */
  | { readonly type: "retire" }
  /** The process exited, and what it wrote last is still being read: accept nothing new. `exited` follows. */
  | { readonly type: "leaving" }
  /** The process closed its stdout: it can say no more how a run ended. Its exit usually follows at once. */
  | { readonly type: "mute" }
  /** The answer to `settle`: stderr was read once more. */
  | { readonly type: "settled" }
  /** The process exited and its pipes are drained. Nothing follows it. */
  | { readonly type: "exited"; readonly evidence: ExitEvidence }
  /** Time; sent before each chunk of input and when the deadline has come. */
  | { readonly type: "tick"; readonly now: number }

export type MuxOutput<Owner> =
  | { readonly type: "write"; readonly frame: HostFrame }
  /** The answer to `open`, always to the one who asked, never to the id. */
  | { readonly type: "accept"; readonly owner: Owner }
  | { readonly type: "refuse"; readonly owner: Owner; readonly code: "closed" | "duplicate_id" }
  | { readonly type: "event"; readonly owner: Owner; readonly event: RunEvent }
  | { readonly type: "ask"; readonly owner: Owner; readonly ask: AskFrame }
  | {
      readonly type: "diag"
      readonly owner: Owner
      readonly level: string
      readonly source: "runner" | "host"
      readonly message: string
    }
  /** An `end` was heard: read stderr once more, so that diagnostics written before it are recorded before it, then send `settled`. */
  | { readonly type: "settle" }
  /** The run's one terminal. */
  | { readonly type: "end"; readonly owner: Owner; readonly ending: Ending }
  /** The work itself is over: the permit is free. Comes once, with `end` or after it. */
  | { readonly type: "release"; readonly owner: Owner }
  | { readonly type: "hello"; readonly hello: RunnerHello }
  /** Give this runner no new run. Said once. `asked`: it was the host's wish and no fault of the runner. */
  | { readonly type: "retired"; readonly why: string; readonly asked: boolean }
  /** Stop the process: it cannot be used any more. Said once. */
  | { readonly type: "kill"; readonly why: string }

export interface MuxRun<Owner> {
  readonly id: string
  readonly owner: Owner
  /** Requests of the agent that wait for an answer; at most 256. */
  readonly asks: Set<string>
  stop: StopWish | undefined
  /** Whether the runner was told to stop. */
  told: boolean
  /** When readers are told that the run stopped although the runner did not confirm it. */
  graceEnd: number
  /** The terminal was given; the runner still works on it. */
  abandoned: boolean
  /** When abandoned work counts as hanging; infinite while it may go on. */
  hangsAt: number
  hung: boolean
  /** The runner said how the run ended; only diagnostics are heard from now on. */
  ending: Ending | undefined
}

export type Counts = Record<StrayKind | "stale" | "unknown_id" | "late_diag" | "late_hello", number>

/** Owned by one runner; ends with it. Memory grows with open runs only. */
export interface MuxState<Owner> {
  readonly config: MuxConfig
  readonly runs: Map<string, MuxRun<Owner>>
  /** Runs of `runs` that are asked to stop and not abandoned. */
  readonly stopping: Set<MuxRun<Owner>>
  /** Runs of `runs` whose `end` was heard: those that the pass now under way will release, and those after it. */
  settling: Array<MuxRun<Owner>>
  settlingNext: Array<MuxRun<Owner>>
  /** Ids that ended lately: tells a late line from an invented id. */
  readonly recent: Set<string>
  readonly counts: Counts
  phase: "open" | "retired" | "closed"
  readonly clock: SteadyClock
  /** Machine time, as all other moments of the state. */
  now: number
  startedAt: number
  /** Whether the runner has said a frame on stdout. */
  spoken: boolean
  hello: RunnerHello | undefined
  fatal: string | undefined
  fatalAt: number | undefined
  muteAt: number | undefined
  stuck: boolean
  killed: boolean
  /** A fault that ends all runs whatever the exit says. */
  verdict: { readonly outcome: "failed" | "timed_out"; readonly fault: Fault } | undefined
  live: number
  hung: number
  /** Abandoned runs of `runs` that will count as hanging. */
  readonly overdue: Set<MuxRun<Owner>>
  strayPeriodStart: number
  straysInPeriod: number
  keptSamples: number
  keptDiags: number
}

export const zeroCounts = (): Counts => ({
  not_json: 0,
  not_object: 0,
  unknown_type: 0,
  wrong_shape: 0,
  oversize: 0,
  bad_utf8: 0,
  stale: 0,
  unknown_id: 0,
  late_diag: 0,
  late_hello: 0
})

/** What is told of a mux to people and metrics. */
export interface MuxView {
  readonly phase: "open" | "retired" | "closed"
  readonly runs: number
  readonly abandoned: number
  readonly agent: string | undefined
  readonly version: string | undefined
  readonly capabilities: Capabilities
  readonly counts: Readonly<Counts>
}

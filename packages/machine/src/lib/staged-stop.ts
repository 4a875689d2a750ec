import type { Machine } from "./machine.ts"
import { makeSteadyClock, onCallersClock, readClock, type SteadyClock } from "./steady-clock.ts"

// The ladder on which a process is brought to its end, and the clearing up behind it:
//
//   running --stop--> closing --grace--> terminating --grace--> sweeping --nothing left, pipes ended--> done
//           stdin is closed   SIGTERM to the group    SIGKILL to the group
//
// The exit of the leader leads from everywhere straight to the sweep: children in other groups outlive it. Asking a
// runner to cancel its runs comes before the ladder and belongs to the mux.

export interface StagedStopConfig {
  /** From the closed stdin to SIGTERM. */
  readonly stopGraceMs: number
  /** From SIGTERM to SIGKILL. */
  readonly termGraceMs: number
  /** How long something else may hold the pipes after the leader's exit. */
  readonly drainMs: number
  /** Between two sweeps [50]. */
  readonly sweepEveryMs?: number
  /** When this many sweeps did not clear the ground, what is left is reported [100]. */
  readonly mostSweeps?: number
  /** A sweep that is not answered for so long counts as one that found something [1000]. */
  readonly sweepAnswerMs?: number
}

export type StagedStopInput =
  /** Stop the process. Said again it changes nothing, but each urgent one skips the wait of a rung: SIGTERM, SIGKILL. */
  | { readonly type: "stop"; readonly now: number; readonly urgent?: boolean }
  /** The leader exited, asked or not. */
  | { readonly type: "exited"; readonly now: number }
  /** Both pipes reached their end. */
  | { readonly type: "drained"; readonly now: number }
  /**
   * The answer to `sweep`: how many living processes were found (and sent SIGKILL). `fresh` is how many of them had to
   * be ended by this sweep alone: not the leader, and none that an earlier sweep had found. Left out: all.
   */
  | { readonly type: "swept"; readonly found: number; readonly now: number; readonly fresh?: number }
  | { readonly type: "tick"; readonly now: number }

export type StagedStopOutput =
  | { readonly type: "close-input" }
  /** To the process group. */
  | { readonly type: "signal"; readonly signal: "SIGTERM" | "SIGKILL" }
  /** Find what carries the process's cookie or group, send it SIGKILL, answer with `swept`. One at a time. */
  | { readonly type: "sweep" }
  /** Something that the sweep cannot see holds the pipes: read what is there and let go. */
  | { readonly type: "abandon-pipes" }
  | StagedStopDone

/** The last order of a ladder, given once. */
export interface StagedStopDone {
  readonly type: "done"
  /** SIGKILL was sent to the group. */
  readonly forced: boolean
  /** Processes that the sweeps had to end. */
  readonly swept: number
  /** Processes that were still there when the sweeps gave up: 0 unless something cannot be killed. */
  readonly left: number
  /** False when the pipes had to be abandoned. */
  readonly drained: boolean
}

export type StagedStopPhase = "running" | "closing" | "terminating" | "sweeping" | "done"

export interface StagedStopState {
  readonly config: Required<StagedStopConfig>
  readonly clock: SteadyClock
  phase: StagedStopPhase
  exited: boolean
  drained: boolean
  forced: boolean
  /** The wait for the exit and for the pipes is over without them. */
  abandoned: boolean
  /** The sweeps are over: nothing is left, or they gave up. */
  cleared: boolean
  sweeps: number
  /** Sweeps in a row that found nothing. */
  quiet: number
  swept: number
  left: number
  /** End of the grace; then the next sweep, or the end of the wait for its answer. Machine time, as the next. */
  until: number | null
  awaitsAnswer: boolean
  drainUntil: number | null
}

const quietSweeps = 2

/**
 * One per process, ends with `done`. It always ends, also when no answer ever comes: every phase but `running` has a
 * deadline, and the sweeps are counted.
 */
export const stagedStop: Machine<StagedStopConfig, StagedStopState, StagedStopInput, StagedStopOutput> = {
  initial: (config) => ({
    config: { sweepEveryMs: 50, mostSweeps: 100, sweepAnswerMs: 1_000, ...config },
    clock: makeSteadyClock(),
    phase: "running",
    exited: false,
    drained: false,
    forced: false,
    abandoned: false,
    cleared: false,
    sweeps: 0,
    quiet: 0,
    swept: 0,
    left: 0,
    until: null,
    awaitsAnswer: false,
    drainUntil: null
  }),
  step: (state, input, out) => {
    const at = readClock(state.clock, input.now)
    if (state.phase === "done") return
    switch (input.type) {
      case "stop":
        takeStop(state, { at, urgent: input.urgent === true }, out)
        break
      case "exited":
        takeExit(state, at, out)
        break
      case "drained":
        if (!state.abandoned) state.drained = true
        break
      case "swept":
        takeSwept(state, { at, found: input.found, fresh: input.fresh ?? input.found })
        break
      case "tick":
        takeTick(state, at, out)
        break
    }
    endIfOver(state, out)
  },
  deadline: (state) => {
    const moments = [state.until, waitsForEnd(state) ? state.drainUntil : null].filter((moment) => moment !== null)
    return moments.length === 0 ? undefined : onCallersClock(state.clock, Math.min(...moments))
  }
}

function takeStop(
  state: StagedStopState,
  stop: { readonly at: number; readonly urgent: boolean },
  out: Array<StagedStopOutput>
): void {
  if (state.phase === "running") {
    out.push({ type: "close-input" })
    state.phase = "closing"
    state.until = stop.at + state.config.stopGraceMs
    if (stop.urgent) terminate(state, stop.at, out)
  } else if (stop.urgent) climb(state, stop.at, out)
}

/** The next rung. */
function climb(state: StagedStopState, at: number, out: Array<StagedStopOutput>): void {
  if (state.phase === "closing") return terminate(state, at, out)
  if (state.phase === "terminating") return kill(state, at, out)
}

function terminate(state: StagedStopState, at: number, out: Array<StagedStopOutput>): void {
  out.push({ type: "signal", signal: "SIGTERM" })
  state.phase = "terminating"
  state.until = at + state.config.termGraceMs
}

/** The first sweep waits a moment: what the signal reaches need not be counted as swept. */
function kill(state: StagedStopState, at: number, out: Array<StagedStopOutput>): void {
  out.push({ type: "signal", signal: "SIGKILL" })
  state.forced = true
  state.phase = "sweeping"
  state.until = at + state.config.sweepEveryMs
  state.drainUntil = at + state.config.drainMs
}

function takeExit(state: StagedStopState, at: number, out: Array<StagedStopOutput>): void {
  if (state.exited) return
  state.exited = true
  if (!state.abandoned) state.drainUntil = at + state.config.drainMs
  if (state.phase === "sweeping") return
  state.phase = "sweeping"
  sweep(state, at, out)
}

function sweep(state: StagedStopState, at: number, out: Array<StagedStopOutput>): void {
  out.push({ type: "sweep" })
  state.awaitsAnswer = true
  state.until = at + state.config.sweepAnswerMs
}

function takeSwept(
  state: StagedStopState,
  answer: { readonly at: number; readonly found: number; readonly fresh: number }
): void {
  if (!state.awaitsAnswer) return
  state.awaitsAnswer = false
  state.sweeps += 1
  state.swept += answer.fresh
  state.left = answer.found
  state.quiet = answer.found === 0 ? state.quiet + 1 : 0
  state.cleared = state.quiet >= quietSweeps || state.sweeps >= state.config.mostSweeps
  state.until = state.cleared ? null : answer.at + state.config.sweepEveryMs
}

function takeTick(state: StagedStopState, at: number, out: Array<StagedStopOutput>): void {
  if (waitsForEnd(state) && state.drainUntil !== null && at >= state.drainUntil) {
    state.abandoned = true
    if (!state.drained) out.push({ type: "abandon-pipes" })
  }
  if (state.until === null || at < state.until) return
  if (state.phase !== "sweeping") return climb(state, at, out)
  if (state.awaitsAnswer) takeSwept(state, { at, found: Math.max(1, state.left), fresh: 0 })
  if (!state.cleared) sweep(state, at, out)
}

/** The leader's exit or the end of the pipes is still to come, and worth waiting for. */
function waitsForEnd(state: StagedStopState): boolean {
  return state.phase === "sweeping" && !state.abandoned && !(state.exited && state.drained)
}

function endIfOver(state: StagedStopState, out: Array<StagedStopOutput>): void {
  if (state.phase !== "sweeping" || !state.cleared || waitsForEnd(state)) return
  state.phase = "done"
  state.until = null
  const { forced, swept, left, drained } = state
  out.push({ type: "done", forced, swept, left, drained })
}

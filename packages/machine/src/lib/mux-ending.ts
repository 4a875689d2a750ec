import type { EndFrame, ExitEvidence, Fault } from "@signalbox/protocol"
import type { Ending, MuxRun, MuxState, StopWish } from "./mux-state.ts"

// How a run's end is told, from the facts that led to it.

/**
 * The runner said how the run ended. Who won the race against a stop wish is visible: `completed` beats it, except from
 * a program that was killed for it and left with code 0, as polite programs do on SIGTERM.
 */
export function endingByFrame(frame: EndFrame, stop: StopWish | undefined, killed: boolean): Ending {
  if (stop !== undefined && killed) return { outcome: stop.outcome, error: stop.fault }
  if (frame.status === "ok") return { outcome: "completed" }
  if (stop !== undefined) {
    const message = frame.status === "error" ? frame.error : stop.fault.message
    return { outcome: stop.outcome, error: { code: stop.fault.code, message } }
  }
  if (frame.status === "cancelled") {
    return { outcome: "cancelled", error: { code: "cancelled", message: "the runner cancelled the run by itself" } }
  }
  return { outcome: "failed", error: { code: codeOfError(frame), message: frame.error } }
}

/** Nobody confirmed the stop: readers are told what was asked. */
export function endingByStop(stop: StopWish): Ending {
  return { outcome: stop.outcome, error: { ...stop.fault, confirmed: false } }
}

/** When a process must have exited that said fatal or closed its stdout; never, as long as it did neither. */
export function endOfLastWords<Owner>(state: MuxState<Owner>): number {
  return (state.fatalAt ?? state.muteAt ?? Number.POSITIVE_INFINITY) + state.config.fatalGraceMs
}

/** The process ended: a run that had its end keeps it, with the exit where the process was the run's own. */
export function endingAtClose<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>, evidence: ExitEvidence): Ending {
  const exit = state.fatal === undefined ? evidence : { ...evidence, fatal: state.fatal }
  if (run.ending === undefined) return endingByDeath(state, run, exit)
  return state.config.deathOutcome === "failed" ? { ...run.ending, exit } : run.ending
}

function endingByDeath<Owner>(state: MuxState<Owner>, run: MuxRun<Owner>, exit: ExitEvidence): Ending {
  const killedForIt = state.config.deathOutcome === "failed" || state.hello?.capabilities?.cancel === "kill"
  if (run.stop !== undefined && run.told && killedForIt)
    return { outcome: run.stop.outcome, error: run.stop.fault, exit }
  return { outcome: state.config.deathOutcome, error: deathFault(state, exit), exit }
}

function deathFault<Owner>(state: MuxState<Owner>, exit: ExitEvidence): Fault {
  if (state.stuck) return { code: "runner_stuck", message: "the runner stopped reading its standard input" }
  if (exit.fatal !== undefined) return { code: "runner_fatal", message: exit.fatal }
  const how =
    state.muteAt !== undefined && state.killed
      ? `closed its standard output, lived on, and ${describeExit(exit)}`
      : describeExit(exit)
  if (state.config.deathOutcome === "lost") return { code: "runner_exited", message: `the runner ${how}` }
  return { code: "no_terminal", message: `the program ${how} without saying how the run ended` }
}

/** "exited with code 1" or "was killed by SIGKILL". */
export function describeExit(exit: Pick<ExitEvidence, "exit_code" | "signal">): string {
  return exit.signal === null ? `exited with code ${exit.exit_code ?? "unknown"}` : `was killed by ${exit.signal}`
}

/** A dialect of ours names the code of an error; a foreign runner's texts are the ones that the protocol fixes. */
function codeOfError(frame: EndFrame & { readonly status: "error" }): Fault["code"] {
  const code = frame["code"]
  if (code === "exit_nonzero" || code === "no_terminal" || code === "invalid_request") return code
  return frame.error.startsWith("invalid-params:") || frame.error.startsWith("unknown-type:")
    ? "invalid_request"
    : "agent_failed"
}

import type { Outcome } from "@signalbox/protocol"
import type { KernelError } from "./KernelErrors.ts"

// Plain numbers on the hot path; whoever exports metrics reads them when asked.

export interface Counters {
  /** Runners started, and starts that failed. */
  starts: number
  failedStarts: number
  /** Runners that died, or had to be replaced for a fault of theirs. */
  deaths: number
  /** Runs handed over. */
  accepted: number
  readonly ended: Record<Outcome, number>
  readonly refused: Record<KernelError["_tag"], number>
}

export const makeCounters = (): Counters => ({
  starts: 0,
  failedStarts: 0,
  deaths: 0,
  accepted: 0,
  ended: { completed: 0, failed: 0, cancelled: 0, timed_out: 0, lost: 0 },
  refused: {
    SpawnFailed: 0,
    RunnerClosed: 0,
    DuplicateId: 0,
    EncodeFailed: 0,
    WriteFailed: 0,
    QueueFull: 0,
    WaitTimedOut: 0,
    BreakerOpen: 0
  }
})

export function countEnding(counters: Counters, outcome: Outcome): void {
  counters.ended[outcome]++
}

export function countRefusal(counters: Counters, tag: KernelError["_tag"]): void {
  counters.refused[tag]++
}

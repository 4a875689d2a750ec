// How a step ended, and the sentence that a person reads about it.

import type { Step } from "./parse-playbook.ts"

export interface StepEnd {
  readonly reason: "exited" | "timed_out" | "cancelled"
  /** Null when the shell was killed by a signal. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly durationMs: number
  /** Why the shell could not be started at all. */
  readonly error?: string
}

export interface NumberedStep {
  readonly step: Step
  /** From 1. */
  readonly number: number
}

export function hasSucceeded(end: StepEnd): boolean {
  return end.reason === "exited" && end.exitCode === 0
}

/** "step 2 (line 12) failed with exit code 3", without a full stop. */
export function describeFailure({ step, number }: NumberedStep, end: StepEnd, timeoutMs: number): string {
  const name = `step ${number} (line ${step.line})`
  if (end.error !== undefined) return `${name} could not be started: ${end.error}`
  if (end.reason === "cancelled") return `${name} was cancelled`
  if (end.reason === "timed_out") return `${name} took longer than ${describeDuration(timeoutMs)} and was ended`
  if (end.exitCode === null) return `${name} was killed by ${end.signal ?? "a signal"}`
  return `${name} failed with exit code ${end.exitCode}`
}

function describeDuration(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

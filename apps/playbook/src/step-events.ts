// The run events of a playbook, as values.

import type { RunEvent } from "@signalbox/protocol"
import { firstBytes } from "./bounded-output.ts"
import type { Step } from "./parse-playbook.ts"
import type { StepEnd } from "./step-end.ts"

/** A prompt may be larger than a frame: texts of items are cut here. */
const mostTextBytes = 1024 * 1024

/** What the events of one step have in common. */
export interface StepItem {
  readonly id: string
  readonly step: Step
}

export interface StepOutput {
  readonly text: string
  readonly truncated: boolean
  readonly bytes: number
}

export function turnStarted(): RunEvent {
  return { type: "turn.started" }
}

export function turnCompleted(): RunEvent {
  return { type: "turn.completed" }
}

/** `error` makes the run end with an error, `turn.failed` closes the turn for those who read turns. */
export function turnFailed(message: string): ReadonlyArray<RunEvent> {
  return [
    { type: "error", message },
    { type: "turn.failed", error: { message } }
  ]
}

export function messageCompleted(id: string, text: string): RunEvent {
  return { type: "item.completed", item: { id, type: "agent_message", text: firstBytes(text, mostTextBytes) } }
}

export function stepStarted(item: StepItem): RunEvent {
  return { type: "item.started", item: { ...itemFields(item), aggregated_output: "", status: "in_progress" } }
}

export function outputGrew(item: StepItem, delta: string): RunEvent {
  return { type: "item.delta", item_id: item.id, field: "aggregated_output", delta }
}

export function stepCompleted(item: StepItem, output: StepOutput, end: StepEnd): RunEvent {
  return {
    type: "item.completed",
    item: {
      ...itemFields(item),
      aggregated_output: output.text,
      ...(output.truncated ? { truncated: true, output_bytes: output.bytes } : {}),
      exit_code: end.exitCode,
      ...(end.signal === null ? {} : { signal: end.signal }),
      ...(end.reason === "timed_out" ? { timed_out: true } : {}),
      status: end.reason === "exited" && end.exitCode === 0 ? "completed" : "failed",
      duration_ms: end.durationMs
    }
  }
}

function itemFields({ id, step }: StepItem) {
  return { id, type: "command_execution", command: firstBytes(step.code, mostTextBytes), line: step.line }
}

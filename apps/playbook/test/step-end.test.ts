import { expect, it } from "vitest"
import { describeFailure, type StepEnd } from "../src/step-end.ts"
import { stepCompleted } from "../src/step-events.ts"

const step = { type: "step", line: 12, code: "ls", options: { mayFail: false } } as const
const exited: StepEnd = { reason: "exited", exitCode: 3, signal: null, durationMs: 1 }

it.each<[string, StepEnd, string]>([
  ["an exit code", exited, "step 2 (line 12) failed with exit code 3"],
  ["a signal", { ...exited, exitCode: null, signal: "SIGKILL" }, "step 2 (line 12) was killed by SIGKILL"],
  ["a time limit", { ...exited, reason: "timed_out" }, "step 2 (line 12) took longer than 90 s and was ended"],
  ["a cancel", { ...exited, reason: "cancelled" }, "step 2 (line 12) was cancelled"],
  ["a shell that is missing", { ...exited, error: "ENOENT" }, "step 2 (line 12) could not be started: ENOENT"]
])("describes a step that ended by %s", (_what, end, expected) => {
  expect(describeFailure({ step, number: 2 }, end, 90_000)).toBe(expected)
})

it("calls a step that ran out of time failed, also when its shell exited with 0", () => {
  const output = { text: "", truncated: false, bytes: 0 }
  const event = stepCompleted({ id: "item_1", step }, output, { ...exited, reason: "timed_out", exitCode: 0 })
  expect(event["item"]).toMatchObject({ status: "failed", exit_code: 0, timed_out: true })
})

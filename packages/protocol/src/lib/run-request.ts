import * as z from "zod"
import { RunId } from "./ids.ts"
import { Prompt } from "./run-params.ts"

// What a caller asks a host for. Our own requests are strict: an unknown field is a mistake that is named.

const milliseconds = z.int().min(1)

/** Limits of one run, in milliseconds. Each ends the run as `timed_out`. */
export const RunLimits = z.strictObject({
  /** From the permit to the end. */
  run_ms: milliseconds.optional(),
  /** Between two things that the agent says. */
  idle_ms: milliseconds.optional(),
  /** From the permit to the first thing that the agent says. */
  first_output_ms: milliseconds.optional(),
  /** For a permit. */
  wait_ms: milliseconds.optional()
})
export type RunLimits = z.infer<typeof RunLimits>

export const RunRequest = z.strictObject({
  run_id: RunId.optional(),
  agent: z.string().min(1),
  prompt: Prompt,
  cwd: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  effort: z.string().min(1).optional(),
  resume: z.string().min(1).optional(),
  /** Merged into the `params` that the runner gets. */
  params: z.record(z.string(), z.unknown()).optional(),
  limits: RunLimits.optional(),
  intent: z.string().optional()
})
export type RunRequest = z.infer<typeof RunRequest>

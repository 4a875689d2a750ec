import * as z from "zod"
import { errorCodeNames } from "./error-codes.ts"

// How a run ended, and the evidence for it.

export const Outcome = z.enum(["completed", "failed", "cancelled", "timed_out", "lost"])
export type Outcome = z.infer<typeof Outcome>

/** The exit code of `signalbox run` for each outcome. */
export const outcomeExitCodes = {
  completed: 0,
  failed: 1,
  cancelled: 3,
  timed_out: 4,
  lost: 5
} as const satisfies Record<Outcome, number>

export const Fault = z.looseObject({ code: z.enum(errorCodeNames), message: z.string() })
export type Fault = z.infer<typeof Fault>

/** What is known of a process that ended: collected first, then given to every run that it carried. */
export const ExitEvidence = z.looseObject({
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  fatal: z.string().optional(),
  stderr_tail: z.string(),
  /** False when something else still held a pipe after the drain limit. */
  drained: z.boolean(),
  /** Processes that had to be ended after the program itself was gone. */
  swept: z.int(),
  /** Processes that could not be ended, as those of another user. */
  left: z.int().optional()
})
export type ExitEvidence = z.infer<typeof ExitEvidence>

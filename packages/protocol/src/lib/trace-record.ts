import * as z from "zod"
import { RunId } from "./ids.ts"
import { ExitEvidence, Fault, Outcome } from "./outcome.ts"
import { RunEvent, Usage } from "./run-event.ts"

// A trace is the append-only sequence of a run's records: `seq` is 1, 2, 3 ... without a hole, the first is `started`,
// the last, and only once, is `ended`.

export const RunState = z.enum(["queued", "starting", "running", "waiting"])
export type RunState = z.infer<typeof RunState>

export const StartedBody = z.looseObject({
  type: z.literal("started"),
  agent: z.string(),
  principal: z.string(),
  session_id: z.string().optional(),
  cwd: z.string().optional(),
  model: z.string().optional(),
  attempt: z.int().min(1),
  prompt: z.looseObject({ sha256: z.string(), bytes: z.int().min(0) }),
  intent: z.string().optional()
})
export type StartedBody = z.infer<typeof StartedBody>

export const StateBody = z.looseObject({ type: z.literal("state"), state: RunState })
export type StateBody = z.infer<typeof StateBody>

/** `event` is what the agent said, unknown fields kept. */
export const EventBody = z.looseObject({ type: z.literal("event"), event: RunEvent })
export type EventBody = z.infer<typeof EventBody>

/** `source` says who speaks: the runner, its stderr, or the host. */
export const DiagBody = z.looseObject({
  type: z.literal("diag"),
  level: z.string(),
  source: z.enum(["runner", "stderr", "host"]),
  message: z.string()
})
export type DiagBody = z.infer<typeof DiagBody>

export const RunStats = z.looseObject({
  events: z.int().min(0),
  diags: z.int().min(0),
  wait_ms: z.number().min(0),
  duration_ms: z.number().min(0)
})
export type RunStats = z.infer<typeof RunStats>

export const EndedBody = z.looseObject({
  type: z.literal("ended"),
  outcome: Outcome,
  error: Fault.optional(),
  exit: ExitEvidence.optional(),
  usage: Usage.optional(),
  stats: RunStats
})
export type EndedBody = z.infer<typeof EndedBody>

export const RecordBody = z.discriminatedUnion("type", [StartedBody, StateBody, EventBody, DiagBody, EndedBody])
export type RecordBody = z.infer<typeof RecordBody>

/** `in_progress` until the `ended` record, which carries the outcome. */
export const RecordStatus = z.union([z.literal("in_progress"), Outcome])
export type RecordStatus = z.infer<typeof RecordStatus>

/** One record: the same bytes in the journal, in SSE `data`, in WebSocket `params` and in `--json` output. */
export const TraceRecord = z.looseObject({
  run_id: RunId,
  seq: z.int().min(1),
  at: z.string(),
  status: RecordStatus,
  record: RecordBody
})
export type TraceRecord = z.infer<typeof TraceRecord>

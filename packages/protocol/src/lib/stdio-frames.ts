import * as z from "zod"
import { RunId } from "./ids.ts"
import { RunEvent } from "./run-event.ts"
import { RunParams } from "./run-params.ts"

// The frames of `signalbox.stdio/1`, a superset of S0: one JSON object a line, unknown fields pass.

/** The version that `hello` carries. Independent of every package's version. */
export const PROTOCOL_VERSION = 1

/** The name under which documents speak of this wire. */
export const PROTOCOL_NAME = "signalbox.stdio/1"

/** The longest line that a host accepts, in bytes; a longer one is skipped to its newline and reported. Real agents send 1 MB. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024

/** Whether a runner can stop a run: not at all, by stopping its work when asked, or only by being killed. */
export const CancelAbility = z.enum(["none", "cooperative", "kill"])
export type CancelAbility = z.infer<typeof CancelAbility>

export const Capabilities = z.looseObject({
  cancel: CancelAbility.optional(),
  answer: z.boolean().optional()
})
export type Capabilities = z.infer<typeof Capabilities>

export const HostHello = z.looseObject({ type: z.literal("hello"), protocol: z.int(), host: z.string().optional() })
export const RunFrame = z.looseObject({ type: z.literal("run"), id: RunId, params: RunParams })
export const CancelFrame = z.looseObject({ type: z.literal("cancel"), id: RunId, reason: z.string().optional() })
export const AnswerFrame = z.looseObject({
  type: z.literal("answer"),
  id: RunId,
  request: z.string().min(1),
  value: z.unknown()
})

/** One line from the host on a runner's stdin. */
export const HostFrame = z.discriminatedUnion("type", [HostHello, RunFrame, CancelFrame, AnswerFrame])
export type HostFrame = z.infer<typeof HostFrame>
export type RunFrame = z.infer<typeof RunFrame>

export const RunnerHello = z.looseObject({
  type: z.literal("hello"),
  protocol: z.int(),
  agent: z.string().optional(),
  version: z.string().optional(),
  capabilities: Capabilities.optional()
})
export type RunnerHello = z.infer<typeof RunnerHello>

export const EventFrame = z.looseObject({ type: z.literal("event"), id: RunId, event: RunEvent })
export type EventFrame = z.infer<typeof EventFrame>

export const AskFrame = z.looseObject({
  type: z.literal("ask"),
  id: RunId,
  request: z.string().min(1),
  kind: z.enum(["permission", "question"])
})
export type AskFrame = z.infer<typeof AskFrame>

export const EndFrame = z.discriminatedUnion("status", [
  z.looseObject({ type: z.literal("end"), id: RunId, status: z.literal("ok") }),
  z.looseObject({ type: z.literal("end"), id: RunId, status: z.literal("cancelled") }),
  z.looseObject({ type: z.literal("end"), id: RunId, status: z.literal("error"), error: z.string() })
])
export type EndFrame = z.infer<typeof EndFrame>

/** One line from a runner on its stdout. */
export const StdoutFrame = z.discriminatedUnion("type", [EventFrame, EndFrame, AskFrame, RunnerHello])
export type StdoutFrame = z.infer<typeof StdoutFrame>

export const DiagLevel = z.enum(["debug", "info", "warn", "error"])
export type DiagLevel = z.infer<typeof DiagLevel>

export const DiagFrame = z.looseObject({
  type: z.literal("diag"),
  id: RunId.optional(),
  level: z.string(),
  message: z.string()
})
export type DiagFrame = z.infer<typeof DiagFrame>

export const FatalFrame = z.looseObject({ type: z.literal("fatal"), message: z.string() })
export type FatalFrame = z.infer<typeof FatalFrame>

/** One structured line from a runner on its stderr. Anything else there is plain text and kept as evidence. */
export const StderrFrame = z.discriminatedUnion("type", [DiagFrame, FatalFrame])
export type StderrFrame = z.infer<typeof StderrFrame>

/** Everything that a runner can say. */
export type RunnerFrame = StdoutFrame | StderrFrame

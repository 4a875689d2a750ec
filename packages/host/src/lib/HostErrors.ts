import type { ErrorCode } from "@signalbox/protocol"
import * as Data from "effect/Data"

// Why a run was not accepted. Nothing was recorded and nothing was started then.

/** The request or its parameters are wrong; every problem is listed with its path. */
export class InvalidRequest extends Data.TaggedError("InvalidRequest")<{
  readonly problems: ReadonlyArray<string>
  readonly message: string
}> {}

export class UnknownAgent extends Data.TaggedError("UnknownAgent")<{
  readonly message: string
  readonly remedy: string
}> {}

/** The agent is known, but its program is not here. */
export class AgentUnavailable extends Data.TaggedError("AgentUnavailable")<{
  readonly message: string
  readonly remedy: string
}> {}

/** More runs wait than may wait. */
export class Refused extends Data.TaggedError("Refused")<{ readonly message: string }> {}

/** The run id is taken: there is a trace under it. */
export class DuplicateRun extends Data.TaggedError("DuplicateRun")<{ readonly message: string }> {}

/** The host is shutting down. */
export class HostClosed extends Data.TaggedError("HostClosed")<{ readonly message: string }> {}

/** The trace of the run cannot be begun. */
export class TraceFailed extends Data.TaggedError("TraceFailed")<{
  readonly message: string
  readonly remedy: string
}> {}

export type HostError =
  | InvalidRequest
  | UnknownAgent
  | AgentUnavailable
  | Refused
  | DuplicateRun
  | HostClosed
  | TraceFailed

/** The one way from an error to its code on the wires; total by type. */
export const hostErrorCodes = {
  InvalidRequest: "invalid_request",
  UnknownAgent: "unknown_agent",
  AgentUnavailable: "agent_unavailable",
  Refused: "queue_full",
  DuplicateRun: "duplicate_id",
  HostClosed: "closed",
  TraceFailed: "journal_failed"
} as const satisfies Record<HostError["_tag"], ErrorCode>

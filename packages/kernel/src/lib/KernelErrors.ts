import type { ErrorCode } from "@signalbox/protocol"
import * as Data from "effect/Data"

// What can go wrong before a run is on its way. A fault inside a run is not an error here: it is the run's ending.

/** The program could not be started: the operating system's text, or the name of the pipe that is missing. */
export class SpawnFailed extends Data.TaggedError("SpawnFailed")<{
  readonly file: string
  readonly reason: string
  readonly message: string
}> {}

/** The runner accepts nothing any more. Nothing was written. */
export class RunnerClosed extends Data.TaggedError("RunnerClosed")<{ readonly message: string }> {}

/** The run id is in flight in this runner. The first run is not touched. */
export class DuplicateId extends Data.TaggedError("DuplicateId")<{ readonly id: string; readonly message: string }> {}

/** The parameters cannot be carried by JSON. Nothing was registered or written. */
export class EncodeFailed extends Data.TaggedError("EncodeFailed")<{ readonly message: string }> {}

/** The runner's stdin did not take the run. */
export class WriteFailed extends Data.TaggedError("WriteFailed")<{ readonly message: string }> {}

/** More runs wait than may wait. */
export class QueueFull extends Data.TaggedError("QueueFull")<{ readonly waiting: number; readonly message: string }> {}

/** No permit became free in time. */
export class WaitTimedOut extends Data.TaggedError("WaitTimedOut")<{
  readonly waitedMs: number
  readonly message: string
}> {}

/** The runner died too often; no start is tried until the breaker closes. */
export class BreakerOpen extends Data.TaggedError("BreakerOpen")<{
  readonly retryAtMs: number
  readonly message: string
}> {}

/** There is no folder for pipes: the temporary folder is missing or may not be written. A fault of a layer, not of a run. */
export class TemporaryFolderFailed extends Data.TaggedError("TemporaryFolderFailed")<{
  readonly folder: string
  readonly reason: string
  readonly remedy: string
  readonly message: string
}> {}

export type KernelError =
  | SpawnFailed
  | RunnerClosed
  | DuplicateId
  | EncodeFailed
  | WriteFailed
  | QueueFull
  | WaitTimedOut
  | BreakerOpen

/** The one way from an error to its code on the wires; total by type. */
export const kernelErrorCodes = {
  SpawnFailed: "spawn_failed",
  RunnerClosed: "closed",
  DuplicateId: "duplicate_id",
  EncodeFailed: "encode_failed",
  WriteFailed: "write_failed",
  QueueFull: "queue_full",
  WaitTimedOut: "wait_timeout",
  BreakerOpen: "breaker_open"
} as const satisfies Record<KernelError["_tag"], ErrorCode>

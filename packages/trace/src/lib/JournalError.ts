import { errorCodes } from "@signalbox/protocol"
import { Data } from "effect"

// What can go wrong with a journal. `code` is the code of the error table under which the fault leaves the house.

/** The journal cannot be written or read. `reason` is the system's own text. */
export class JournalFailed extends Data.TaggedError("JournalFailed")<{
  readonly code: "journal_failed"
  readonly path: string
  readonly reason: string
  readonly remedy: string
  readonly message: string
}> {}

/** No trace is kept under this run id. */
export class TraceNotFound extends Data.TaggedError("TraceNotFound")<{
  readonly code: "trace_not_found"
  readonly runId: string
  readonly message: string
}> {}

/** A trace is already kept, or being written, under this run id. It is left alone. */
export class TraceExists extends Data.TaggedError("TraceExists")<{
  readonly code: "duplicate_id"
  readonly runId: string
  readonly message: string
}> {}

export function traceNotFound(runId: string): TraceNotFound {
  const message = `There is no trace of the run ${JSON.stringify(runId)}. ${errorCodes.trace_not_found.remedy}`
  return new TraceNotFound({ code: "trace_not_found", runId, message })
}

export function traceExists(runId: string): TraceExists {
  const message = `There is already a trace of the run ${JSON.stringify(runId)}. ${errorCodes.duplicate_id.remedy}`
  return new TraceExists({ code: "duplicate_id", runId, message })
}

/** `path` is the file, or the run id where files are not known. `cause` is what the system threw, or a sentence. */
export function journalFailed(path: string, cause: unknown): JournalFailed {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const remedy = remedies[errorName(cause) ?? ""] ?? errorCodes.journal_failed.remedy
  const message = `The journal ${path} failed: ${reason}. ${remedy}`
  return new JournalFailed({ code: "journal_failed", path, reason, remedy, message })
}

/** The system's name of an error, such as ENOSPC. */
export function errorName(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined
  return typeof cause.code === "string" ? cause.code : undefined
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the disk that holds the data folder.",
  EDQUOT: "Raise the disk quota, or free space under it.",
  EROFS: "Choose a data folder on a file system that can be written.",
  EACCES: "Give the user that runs Signalbox the data folder.",
  EPERM: "Give the user that runs Signalbox the data folder.",
  ELOOP: "Remove the symbolic link: Signalbox does not write or read traces through links.",
  EMFILE: "Raise the limit of open files (ulimit -n).",
  ENFILE: "Raise the system's limit of open files.",
  EIO: "Check the disk: the system reports that it cannot be written or read."
}

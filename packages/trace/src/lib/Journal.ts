import type { Decoded } from "@signalbox/protocol"
import { Context, type Effect, type Scope } from "effect"
import type { JournalFailed, TraceExists, TraceNotFound } from "./JournalError.ts"
import type { TraceLine } from "./trace-line.ts"

// The port through which traces are kept. It knows lines and their `seq`; how they are stored is the implementation's.

/** The one writer of one trace. Owned by the scope that opened it; closed by `close` or with the scope. */
export interface JournalWriter {
  /**
   * Keeps whole lines, each ended by a newline: all of them or, with a fault, none. When it returns they survive the
   * death of this process. It is synchronous, so the producer cannot run ahead of the disk and nothing is queued here.
   * After a fault it may be tried again; a writer that could not take back half a write refuses from then on.
   */
  readonly write: (lines: string) => Decoded<void, JournalFailed>
  /** Idempotent. A trace in which nothing was written is gone afterwards. */
  readonly close: () => void
}

export interface ReadRequest {
  /** The cursor: the page begins with the line after it. 0 is the beginning. */
  readonly after: number
  /** Lines above this `seq` are not read: they may be half written still. Standard: all. */
  readonly through?: number | undefined
  /** The page ends at the first limit that it reaches; it holds at least one line. Standard: 256 records, 1 MiB. */
  readonly records?: number | undefined
  readonly bytes?: number | undefined
  /** `place` of the page before this one: saves the search for `after`. */
  readonly place?: unknown
}

export interface JournalPage {
  /** Contiguous, beginning with `after` + 1. Empty when there is nothing after the cursor. */
  readonly lines: ReadonlyArray<TraceLine>
  readonly place: unknown
  /** Bytes of a last line that was not written to its end. They are not shown. */
  readonly torn: number
}

export class Journal extends Context.Service<
  Journal,
  {
    /** Begins a trace. A second writer of the same run id is refused, also in another process. */
    readonly open: (runId: string) => Effect.Effect<JournalWriter, JournalFailed | TraceExists, Scope.Scope>
    /** Reads one page. Holds nothing open between pages, so a reader that stops reading costs nothing. */
    readonly read: (runId: string, request: ReadRequest) => Effect.Effect<JournalPage, JournalFailed | TraceNotFound>
    /** The ids of all runs that have a trace, sorted: ids that a host minted come out in order of time. */
    readonly list: Effect.Effect<ReadonlyArray<string>, JournalFailed>
  }
>()("@signalbox/trace/Journal") {}

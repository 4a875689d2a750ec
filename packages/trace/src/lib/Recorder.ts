import { Buffer } from "node:buffer"
import type { Decoded, RecordBody, RecordStatus } from "@signalbox/protocol"
import { WindowConfig } from "@signalbox/protocol/config"
import { Effect, type Scope, Stream } from "effect"
import { followLog, type ReadFrom } from "./Follow.ts"
import { Journal } from "./Journal.ts"
import type { JournalFailed, TraceExists, TraceNotFound } from "./JournalError.ts"
import {
  type AppendFault,
  appendRecord,
  closeLog,
  flushLog,
  makeTraceLog,
  type RecorderMetrics,
  type TraceLog
} from "./trace-log.ts"
import type { TraceLine } from "./trace-line.ts"

export interface RecorderOptions {
  readonly runId: string
  /** What stays in memory for readers. Standard: 1024 records, 1 MiB. */
  readonly window?: WindowConfig
  /**
   * Called once when the journal fails, from inside `append` or `flush` or from a tick. The run is to be ended as
   * `failed`: nothing but `ended` is taken any more.
   */
  readonly onFault?: (fault: JournalFailed) => void
  /** Calls back soon, once, never before it returns. Standard: `setImmediate`, one write for all records of a tick. */
  readonly schedule?: (tick: () => void) => void
}

/**
 * Records one run. Owned by the scope that made it: closing that commits what is pending, lets every reader go and
 * closes the file. It is never full: what is appended is written within the tick, and the disk sets the pace. Readers
 * that are slow, stuck or gone cost nothing. Appending is plain synchronous code; only reading is Effect.
 */
export interface Recorder {
  readonly runId: string
  /**
   * Takes the next record; `now` is milliseconds since 1970. `started` comes first and `ended` last; both are in the
   * journal when this returns. The others follow within the tick and are visible only then. The value is the `seq`.
   */
  readonly append: (body: RecordBody, now: number) => Decoded<number, AppendFault>
  /** Commits what is pending now instead of at the end of the tick. */
  readonly flush: () => void
  /**
   * The committed records after a cursor and then the live ones, each once and in order, until `ended`. A cursor ahead
   * of the run waits for it. Ends without `ended` when the recorder is closed before the run was.
   */
  readonly follow: (from?: ReadFrom) => Stream.Stream<TraceLine, JournalFailed | TraceNotFound>
  /** The same for callers without Effect. Each batch is what was there at once; leaving the loop releases the reader. */
  readonly batches: (from?: ReadFrom) => AsyncIterable<ReadonlyArray<TraceLine>>
  /** `in_progress` until a visible `ended`, then its outcome. */
  readonly status: () => RecordStatus
  readonly metrics: Readonly<RecorderMetrics>
}

export const Recorder = { make }

/** Begins the trace of a run. Fails when there is one already, or when the journal cannot begin it. */
function make(options: RecorderOptions): Effect.Effect<Recorder, JournalFailed | TraceExists, Journal | Scope.Scope> {
  return Effect.gen(function* () {
    const journal = yield* Journal
    const writer = yield* journal.open(options.runId)
    const log = makeTraceLog({
      runId: options.runId,
      window: options.window ?? WindowConfig.parse({}),
      write: writer.write,
      finish: writer.close,
      schedule: options.schedule ?? setImmediate,
      byteLength: (text) => Buffer.byteLength(text),
      onFault: options.onFault ?? (() => {})
    })
    // Added after the writer, so run before it: the last records still find the file open.
    yield* Effect.addFinalizer(() => Effect.sync(() => closeLog(log)))
    return recorderOf(log, journal)
  })
}

/** The doors to a log. Owns nothing. */
export function recorderOf(log: TraceLog, journal: Journal["Service"]): Recorder {
  const follow = (from: ReadFrom = {}) => followLog(log, journal, from)
  return {
    runId: log.config.runId,
    append: (body, now) => appendRecord(log, body, now),
    flush: () => flushLog(log),
    follow,
    batches: (from) => Stream.toAsyncIterable(Stream.chunks(follow(from))),
    status: () => log.status,
    metrics: log.metrics
  }
}

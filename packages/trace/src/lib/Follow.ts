import { Cause, Effect, type Pull, Stream } from "effect"
import { Journal } from "./Journal.ts"
import { type JournalFailed, journalFailed, type TraceNotFound } from "./JournalError.ts"
import { isOver, linesAfter, type TraceLog } from "./trace-log.ts"
import type { TraceLine } from "./trace-line.ts"

// Readers. A reader is a cursor and nothing else: it has no queue, so it cannot fill up and cannot slow the run down.
// What it has not read yet is in the window, shared by all, or in the journal.

export interface ReadFrom {
  /** The last `seq` that the reader has. Standard: 0, the beginning. */
  readonly after?: number | undefined
}

type ReadError = JournalFailed | TraceNotFound
type Lines = readonly [TraceLine, ...Array<TraceLine>]

interface Cursor {
  after: number
  place: unknown
}

/** Reads a run that is being recorded here, live, to its last record. */
export function followLog(
  log: TraceLog,
  journal: Journal["Service"],
  from: ReadFrom
): Stream.Stream<TraceLine, ReadError> {
  return Stream.fromPull(
    Effect.sync(() => {
      const cursor = cursorFrom(from)
      return Effect.suspend(() => nextLines(log, journal, cursor))
    })
  )
}

/**
 * Reads a kept trace, from a cursor to its end as it is now. Whether the run is over is said by the last line's status.
 * A last line that was torn by a crash is not shown; a warning in the log names it.
 */
export function readTrace(runId: string, from: ReadFrom = {}): Stream.Stream<TraceLine, ReadError, Journal> {
  return Stream.fromPull(
    Effect.map(Journal, (journal) => {
      const cursor = cursorFrom(from)
      return Effect.suspend(() => nextPage(runId, journal, cursor))
    })
  )
}

function nextLines(log: TraceLog, journal: Journal["Service"], cursor: Cursor): Pull.Pull<Lines, ReadError> {
  const lines = linesAfter(log, cursor.after)
  if (isLines(lines)) return Effect.succeed(advance(cursor, lines))
  if (cursor.after < log.committed) return fromJournal(log, journal, cursor)
  if (isOver(log, cursor.after)) return Cause.done()
  return Effect.flatMap(nextCommit(log), () => nextLines(log, journal, cursor))
}

/** Never further than what is committed: the line behind it may be half written, or be taken back. */
function fromJournal(log: TraceLog, journal: Journal["Service"], cursor: Cursor): Pull.Pull<Lines, ReadError> {
  const { after, place } = cursor
  return Effect.flatMap(journal.read(log.config.runId, { after, place, through: log.committed }), (page) => {
    cursor.place = page.place
    if (isLines(page.lines)) return Effect.succeed(advance(cursor, page.lines))
    return Effect.fail(journalFailed(log.config.runId, `record ${after + 1} is committed, but it is not there`))
  })
}

function nextPage(runId: string, journal: Journal["Service"], cursor: Cursor): Pull.Pull<Lines, ReadError> {
  const { after, place } = cursor
  return Effect.flatMap(journal.read(runId, { after, place }), (page) => {
    cursor.place = page.place
    if (isLines(page.lines)) return Effect.succeed(advance(cursor, page.lines))
    if (page.torn === 0) return Cause.done()
    const warning = `The trace of the run ${runId} ends in ${page.torn} bytes of a record that was not finished.`
    return Effect.andThen(Effect.logWarning(warning), Cause.done())
  })
}

/** Woken once per commit, and when the log is closed. Leaves nothing behind when it is interrupted. */
function nextCommit(log: TraceLog): Effect.Effect<void> {
  return Effect.callback<void>((resume) => {
    const waiter = () => resume(Effect.void)
    log.waiters.add(waiter)
    return Effect.sync(() => {
      log.waiters.delete(waiter)
    })
  })
}

function advance(cursor: Cursor, lines: Lines): Lines {
  cursor.after += lines.length
  return lines
}

function cursorFrom(from: ReadFrom): Cursor {
  const after = Math.floor(from.after ?? 0)
  return { after: after > 0 ? after : 0, place: undefined }
}

function isLines(lines: ReadonlyArray<TraceLine>): lines is Lines {
  return lines.length > 0
}

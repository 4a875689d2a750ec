import type { Decoded, EndedBody, RecordBody, RecordStatus, TraceRecord } from "@signalbox/protocol"
import type { WindowConfig } from "@signalbox/protocol/config"
import type { JournalFailed } from "./JournalError.ts"
import { endedAfterFault } from "./last-words.ts"
import { encodeRecord, makeRecordEncoder, type RecordEncoder, statusOf, type TraceLine } from "./trace-line.ts"
import { linesFrom, makeWindow, pushLine, type Window } from "./window.ts"

// The log of one run: gives out `seq`, encodes, commits and publishes. Appended lines become visible when they are
// committed, never before: what a reader has seen survives the death of the process. One write carries all lines of
// a tick; `started` (the run is accepted) and `ended` (it is over) are committed at once, and so are 256 KiB.
//
//   empty --started--> open --ended--> ended        any --close--> closed
//
// A journal that fails takes the lines of that write with it: nobody saw them, and their `seq` are given out again.
// From then on only `ended` is taken, as `failed`; it is written if the journal can again, and else kept here.

export interface TraceLogConfig {
  readonly runId: string
  readonly window: WindowConfig
  readonly write: (lines: string) => Decoded<void, JournalFailed>
  /** No line will be written any more. */
  readonly finish: () => void
  /** Calls back soon, once; never before it returns. */
  readonly schedule: (tick: () => void) => void
  readonly byteLength: (text: string) => number
  readonly onFault: (fault: JournalFailed) => void
}

export type AppendFaultKind =
  | "not_started"
  | "already_started"
  | "already_ended"
  | "closed"
  | "encode_failed"
  | "journal_failed"

/** Why a record was not taken. No `seq` was used up. */
export interface AppendFault {
  readonly kind: AppendFaultKind
  readonly message: string
}

/** Plain numbers since the run began. */
export interface RecorderMetrics {
  /** Committed records and their bytes, newlines included. */
  records: number
  bytes: number
  /** Writes to the journal that succeeded. */
  commits: number
  /** 1 after the journal failed. */
  faults: number
  /** Records that were not taken. */
  refused: number
}

/** Owned by one recorder; ends when that is closed. Full: the window evicts. A dead reader is only a waiter less. */
export interface TraceLog {
  readonly config: TraceLogConfig
  readonly encoder: RecordEncoder
  readonly window: Window
  readonly metrics: RecorderMetrics
  /** Called once each, after the next commit or at the close. */
  readonly waiters: Set<() => void>
  state: "empty" | "open" | "ended" | "closed"
  status: RecordStatus
  /** The last `seq` that is in the journal. */
  committed: number
  pending: Array<TraceLine>
  pendingBytes: number
  /** The `ended` record when the journal could not take it. */
  lastWords: TraceLine | undefined
  fault: JournalFailed | undefined
  faultTold: boolean
  armed: boolean
}

const mostPendingBytes = 256 * 1024

export function makeTraceLog(config: TraceLogConfig): TraceLog {
  return {
    config,
    encoder: makeRecordEncoder(config.runId),
    window: makeWindow(config.window),
    metrics: { records: 0, bytes: 0, commits: 0, faults: 0, refused: 0 },
    waiters: new Set(),
    state: "empty",
    status: "in_progress",
    committed: 0,
    pending: [],
    pendingBytes: 0,
    lastWords: undefined,
    fault: undefined,
    faultTold: false,
    armed: false
  }
}

/** Takes one record. The value is its `seq`, which is sure only when the record is committed. */
export function appendRecord(log: TraceLog, body: RecordBody, now: number): Decoded<number, AppendFault> {
  const misplaced = misplacement(log, body.type)
  if (misplaced !== undefined) return refuse(log, misplaced)
  if (body.type === "ended") return appendEnded(log, body, now)
  const line = lineOf(log, body, now)
  if (!line.ok) return refuse(log, unencodable(line.fault))
  log.pending.push(line.value)
  log.pendingBytes += line.value.bytes + 1
  arm(log)
  if (body.type !== "started" && log.pendingBytes < mostPendingBytes) return { ok: true, value: line.value.seq }
  flushLog(log)
  if (log.fault !== undefined) return refuse(log, journalFault(log.fault))
  log.state = "open"
  return { ok: true, value: line.value.seq }
}

/** Commits what is pending. Readers are woken soon after, not before this returns. */
export function flushLog(log: TraceLog): void {
  commit(log)
  tellFault(log)
}

/** Commits what is pending, takes nothing any more and lets every reader go. Idempotent. */
export function closeLog(log: TraceLog): void {
  flushLog(log)
  log.state = "closed"
  wake(log)
}

/** The visible lines after a cursor, as far as they are in memory. */
export function linesAfter(log: TraceLog, after: number): ReadonlyArray<TraceLine> {
  if (log.lastWords !== undefined && after + 1 === log.lastWords.seq) return [log.lastWords]
  return linesFrom(log.window, after + 1)
}

/** Whether a reader with this cursor, for whom `linesAfter` has nothing, will never get another line. */
export function isOver(log: TraceLog, after: number): boolean {
  if (log.state !== "ended" && log.state !== "closed") return false
  return after >= log.committed
}

function misplacement(log: TraceLog, type: RecordBody["type"]): Refusal | undefined {
  switch (log.state) {
    case "closed":
      return ["closed", "The recorder is closed."]
    case "ended":
      return ["already_ended", "The run has ended; nothing follows its `ended` record."]
    case "empty":
      if (log.fault !== undefined) return journalFault(log.fault)
      return type === "started" ? undefined : ["not_started", "The first record of a run is `started`."]
    case "open":
      if (type === "started") return ["already_started", "The run has its `started` record already."]
      return log.fault === undefined || type === "ended" ? undefined : journalFault(log.fault)
  }
}

type Refusal = readonly [kind: AppendFaultKind, message: string]

function unencodable(reason: string): Refusal {
  return ["encode_failed", `JSON cannot carry the record: ${reason}`]
}

function journalFault(fault: JournalFailed): Refusal {
  return ["journal_failed", fault.message]
}

function refuse(log: TraceLog, [kind, message]: Refusal): Decoded<number, AppendFault> {
  log.metrics.refused++
  return { ok: false, fault: { kind, message } }
}

/** Readers get a terminal record whatever the journal does. After a fault it is tried once more, and else kept here. */
function appendEnded(log: TraceLog, body: EndedBody, now: number): Decoded<number, AppendFault> {
  const hadFault = log.fault !== undefined
  const encoded = lineOf(log, log.fault === undefined ? body : endedAfterFault(body, log.fault), now)
  if (!encoded.ok) return refuse(log, unencodable(encoded.fault))
  let line = encoded.value
  log.state = "ended"
  let written = commit(log, line)
  if (!written && !hadFault) {
    line = failedInstead(log, line, now)
    written = commit(log, line)
  }
  if (!written) keepLastWords(log, line)
  log.config.finish()
  arm(log)
  tellFault(log)
  return { ok: true, value: line.seq }
}

/** The same last record, saying that the journal failed, in the place after the last committed one. */
function failedInstead(log: TraceLog, line: TraceLine, now: number): TraceLine {
  const body = (JSON.parse(line.text) as TraceRecord).record as EndedBody
  const again = log.fault === undefined ? undefined : lineOf(log, endedAfterFault(body, log.fault), now)
  return again?.ok ? again.value : line
}

function lineOf(log: TraceLog, body: RecordBody, now: number): Decoded<TraceLine, string> {
  const seq = log.committed + log.pending.length + 1
  const encoded = encodeRecord(log.encoder, { seq, now }, body)
  if (!encoded.ok) return encoded
  const text = encoded.value
  return { ok: true, value: { seq, status: statusOf(body), text, bytes: log.config.byteLength(text) } }
}

/** Writes what is pending, and the last line if there is one, and makes it visible; or drops it and notes the fault. */
function commit(log: TraceLog, last?: TraceLine): boolean {
  const lines = log.pending
  if (last !== undefined) lines.push(last)
  if (lines.length === 0) return true
  log.pending = []
  log.pendingBytes = 0
  let text = ""
  for (const line of lines) text += `${line.text}\n`
  const written = log.config.write(text)
  if (written.ok) publish(log, lines)
  else noteFault(log, written.fault)
  return written.ok
}

function publish(log: TraceLog, lines: ReadonlyArray<TraceLine>): void {
  for (const line of lines) {
    pushLine(log.window, line)
    log.metrics.bytes += line.bytes + 1
    log.status = line.status
  }
  log.committed += lines.length
  log.metrics.records += lines.length
  log.metrics.commits++
}

function noteFault(log: TraceLog, fault: JournalFailed): void {
  if (log.fault !== undefined) return
  log.fault = fault
  log.metrics.faults = 1
}

function keepLastWords(log: TraceLog, line: TraceLine): void {
  log.lastWords = line
  log.status = line.status
}

/** The host hears of a failed journal once. It may append `ended` while it is being told. */
function tellFault(log: TraceLog): void {
  if (log.fault === undefined || log.faultTold) return
  log.faultTold = true
  log.config.onFault(log.fault)
}

/** Readers are woken from here and never from inside an append: their work is not the producer's. */
function arm(log: TraceLog): void {
  if (log.armed) return
  log.armed = true
  log.config.schedule(() => {
    log.armed = false
    flushLog(log)
    wake(log)
  })
}

function wake(log: TraceLog): void {
  if (log.waiters.size === 0) return
  const waiters = [...log.waiters]
  log.waiters.clear()
  for (const waiter of waiters) waiter()
}

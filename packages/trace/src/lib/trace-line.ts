import type { Decoded, RecordBody, RecordStatus } from "@signalbox/protocol"

// One record as one line of text. It is encoded once, when it is appended; journal, window and every reader share the
// text. The text equals JSON.stringify of the `TraceRecord`, so its head has a fixed layout and is read without a parser.

export interface TraceLine {
  readonly seq: number
  /** `in_progress`, or the outcome when this is the `ended` record. */
  readonly status: RecordStatus
  /** The record as JSON, without a newline at the end and with none inside. */
  readonly text: string
  /** The length of `text` in bytes of UTF-8. */
  readonly bytes: number
}

/** Owned by one run. Keeps the text of the last timestamp, because many records share a millisecond. */
export interface RecordEncoder {
  readonly prefix: string
  atMs: number
  at: string
}

export function makeRecordEncoder(runId: string): RecordEncoder {
  return { prefix: linePrefix(runId), atMs: Number.NaN, at: "" }
}

/** What every line of the run begins with, up to the digits of `seq`. */
export function linePrefix(runId: string): string {
  return `{"run_id":${JSON.stringify(runId)},"seq":`
}

export interface Stamp {
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Encodes one record. Fails, and changes nothing, for a body that JSON cannot carry. */
export function encodeRecord(encoder: RecordEncoder, stamp: Stamp, body: RecordBody): Decoded<string, string> {
  try {
    const record: string | undefined = JSON.stringify(body)
    if (record === undefined || record.charCodeAt(0) !== 0x7b) {
      return { ok: false, fault: "the body is not a JSON object" }
    }
    const at = timestamp(encoder, stamp.now)
    const status = JSON.stringify(statusOf(body))
    return {
      ok: true,
      value: `${encoder.prefix}${stamp.seq},"at":"${at}","status":${status},"record":${record}}`
    }
  } catch (error) {
    return { ok: false, fault: error instanceof Error ? error.message : String(error) }
  }
}

export function statusOf(body: RecordBody): RecordStatus {
  return body.type === "ended" ? body.outcome : "in_progress"
}

export interface LineHead {
  readonly runId: string
  readonly seq: number
  readonly status: RecordStatus
}

const head =
  /^\{"run_id":("(?:[^"\\]|\\.)*"),"seq":([1-9]\d*),"at":"[^"]*","status":"(in_progress|completed|failed|cancelled|timed_out|lost)","record":\{/

/** Reads the head of a line from a journal. Undefined when it is not a whole line of ours. */
export function readHead(text: string): LineHead | undefined {
  const match = head.exec(text)
  if (match === null || !text.endsWith("}}")) return undefined
  return {
    runId: JSON.parse(match[1] as string) as string,
    seq: Number(match[2]),
    status: match[3] as RecordStatus
  }
}

function timestamp(encoder: RecordEncoder, now: number): string {
  if (encoder.atMs !== now) {
    encoder.at = new Date(now).toISOString()
    encoder.atMs = now
  }
  return encoder.at
}

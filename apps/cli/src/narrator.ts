import { emptyRunView, foldRecord, type ItemView, type RunView } from "@signalbox/machine"
import type { DiagBody, EventBody, TraceRecord } from "@signalbox/protocol"
import { describeAsk } from "./describe-ask.ts"
import { showDuration } from "./duration.ts"
import { endingLines } from "./ending-lines.ts"
import { itemHead, itemLines } from "./item-lines.ts"
import { harmless, harmlessLine } from "./terminal.ts"

// A trace told to a person, line by line, as it grows: nothing that was said is taken back, so the lines are the same on
// a terminal and in a pipe. All foreign text is made harmless here.

export type Tone = "head" | "step" | "output" | "message" | "thought" | "good" | "bad" | "warning" | "faint"

export interface ShownLine {
  readonly tone: Tone
  readonly text: string
}

/** Owned by one reader of one run. Memory: the open items, each with at most one unfinished line. */
export interface Narrator {
  readonly take: (record: TraceRecord) => ReadonlyArray<ShownLine>
  /** What is going on now, for a line that is drawn over. */
  readonly present: () => Present
  readonly view: RunView
}

export interface Present {
  readonly text: string
  /** When it began; milliseconds since 1970. */
  readonly since: number | undefined
}

export interface NarratorOptions {
  /** The first line. */
  readonly head: (view: RunView) => string
  /** What goes on when no item is open. */
  readonly idle: string
  /** Where the trace is kept, for the last line. */
  readonly trace: string
  /** Marks beyond ASCII. */
  readonly marks: boolean
}

/** An item that is not completed. */
interface OpenItem {
  readonly head: string
  readonly tone: "output" | "message" | "thought"
  readonly since: number
  /** Characters of its text or output that were taken in. */
  seen: number
  /** The line that has no end yet. */
  unfinished: string
}

interface Telling {
  readonly options: NarratorOptions
  readonly view: RunView
  readonly open: Map<string, OpenItem>
  readonly lines: Array<ShownLine>
  /** The item that spoke last, or another word for what was shown last. */
  speaker: string
  /** The last complaint that was shown. */
  complaint: string
  steps: number
}

/** An unfinished line that grows beyond this is shown in pieces. */
const longestLine = 16_384
/** Of an agent that opens items and completes none, the oldest are forgotten. */
const mostItems = 200

export function makeNarrator(options: NarratorOptions): Narrator {
  const view = emptyRunView({ textLength: longestLine, items: mostItems })
  const telling: Telling = { options, view, open: new Map(), lines: [], speaker: "", complaint: "", steps: 0 }
  return {
    view,
    take: (record) => {
      foldRecord(view, record)
      tell(telling, record)
      return telling.lines.splice(0)
    },
    present: () => presentOf(telling)
  }
}

function tell(telling: Telling, { record: body }: TraceRecord): void {
  switch (body.type) {
    case "started":
      return say(telling, "head", harmless(telling.options.head(telling.view)))
    case "state":
      return
    case "event":
      return tellEvent(telling, body.event)
    case "diag":
      return tellDiag(telling, body)
    case "ended":
      for (const item of telling.open.values()) finishLine(telling, item)
      telling.open.clear()
      part(telling, "ended")
      telling.lines.push(
        ...endingLines(telling.view, { ...telling.options, steps: telling.steps, told: telling.complaint })
      )
  }
}

function tellEvent(telling: Telling, event: EventBody["event"]): void {
  const { item, item_id: id, delta, message } = event
  switch (event.type) {
    case "item.started":
    case "item.updated":
    case "item.completed":
      return tellItem(telling, item, event.type === "item.completed")
    case "item.delta":
      if (typeof id === "string" && typeof delta === "string") tellDelta(telling, id, delta)
      return
    case "error":
    case "model.retry":
      if (typeof message === "string") tellComplaint(telling, message)
      return
    case "permission.requested":
      return say(telling, "warning", `? ${describeAsk(event)}`)
  }
}

function tellItem(telling: Telling, raw: unknown, completed: boolean): void {
  const id = fieldsOf(raw)["id"]
  const item = typeof id === "string" ? telling.view.items.get(id) : undefined
  if (item === undefined) return
  const open = telling.open.get(item.id) ?? begin(telling, item, fieldsOf(raw))
  const whole = textOf(item.type, fieldsOf(raw))
  if (whole !== undefined) grow(telling, item.id, whole.slice(open.seen))
  if (completed) complete(telling, item, fieldsOf(raw))
}

function begin(telling: Telling, item: ItemView, raw: Fields): OpenItem {
  const head = itemHead(item, raw)
  const tone = item.type === "agent_message" ? "message" : item.type === "reasoning" ? "thought" : "output"
  const open: OpenItem = { head, tone, since: Date.parse(item.startedAt), seen: 0, unfinished: "" }
  telling.open.set(item.id, open)
  if (telling.open.size > mostItems) forgetOldest(telling)
  if (tone !== "output") return open
  telling.steps += 1
  part(telling, item.id)
  const [first = "", ...rest] = head.split("\n")
  const more = rest.length === 0 ? "" : `  (+${rest.length} ${rest.length === 1 ? "line" : "lines"})`
  telling.lines.push({ tone: "step", text: `${harmlessLine(first)}${more}` })
  return open
}

function forgetOldest({ open }: Telling): void {
  const [oldest] = open.keys()
  if (oldest !== undefined) open.delete(oldest)
}

function tellDelta(telling: Telling, id: string, delta: string): void {
  const item = telling.view.items.get(id)
  if (!telling.open.has(id)) {
    if (item === undefined || item.completedAt !== undefined) return
    begin(telling, item, {})
  }
  grow(telling, id, delta)
}

/** Shows the lines that are finished; the last one waits for its end. */
function grow(telling: Telling, id: string, text: string): void {
  const item = telling.open.get(id)
  if (item === undefined || text === "") return
  item.seen += text.length
  const lines = (item.unfinished + text).split("\n")
  item.unfinished = lines.pop() ?? ""
  if (lines.length > 0 || item.unfinished.length > longestLine) speak(telling, id, item)
  for (const line of lines) show(telling, item, line)
  if (item.unfinished.length > longestLine) finishLine(telling, item)
}

function speak(telling: Telling, id: string, { tone, head }: OpenItem): void {
  if (telling.speaker === id) return
  if (tone === "output") telling.lines.push({ tone: "faint", text: `  in ${harmlessLine(head.split("\n")[0] ?? "")}` })
  else part(telling, id)
  telling.speaker = id
}

function finishLine(telling: Telling, item: OpenItem): void {
  if (item.unfinished !== "") show(telling, item, item.unfinished)
  item.unfinished = ""
}

function show(telling: Telling, { tone }: OpenItem, line: string): void {
  const text = harmlessLine(line)
  telling.lines.push({ tone, text: text !== "" && tone === "output" ? `    ${text}` : text })
}

function complete(telling: Telling, item: ItemView, raw: Fields): void {
  const open = telling.open.get(item.id)
  if (open === undefined) return
  if (open.unfinished !== "") speak(telling, item.id, open)
  finishLine(telling, open)
  telling.open.delete(item.id)
  if (open.tone !== "output") return
  if (telling.speaker !== item.id) speak(telling, item.id, open)
  telling.lines.push(...itemLines(raw))
  const good = telling.options.marks ? "✓" : "ok"
  const bad = telling.options.marks ? "✗" : "FAILED"
  const took = showDuration(durationOf(telling.view, item, raw))
  const failed = item.status === "failed" || item.status === "declined" || (item.exitCode ?? 0) !== 0
  const word = item.status === "failed" ? "" : `${harmless(item.status)} `
  const how = item.exitCode === undefined ? word : `exit code ${item.exitCode} `
  if (failed) telling.lines.push({ tone: "bad", text: `  ${bad} ${how}after ${took}` })
  else telling.lines.push({ tone: "good", text: `  ${good} ${took}` })
}

function tellComplaint(telling: Telling, message: string): void {
  telling.complaint = message
  for (const line of message.split("\n")) say(telling, "warning", `! ${harmlessLine(line)}`)
}

/** A command's stderr stands among its output; what a runner says of itself is a note. */
function tellDiag(telling: Telling, { level, source, message }: DiagBody): void {
  if (level === "debug" || level === "trace") return
  const own = telling.view.agent === "command" && source === "runner" && level === "info"
  const tone = level === "error" ? "bad" : level === "info" ? "faint" : "warning"
  for (const line of message.split("\n")) {
    if (own) telling.lines.push({ tone: "output", text: `    ${harmlessLine(line)}` })
    else telling.lines.push({ tone, text: `${harmless(level)}: ${harmlessLine(line)}` })
  }
}

function say(telling: Telling, tone: Tone, text: string): void {
  telling.speaker = ""
  telling.lines.push({ tone, text })
}

/** An empty line between one thing and the next. */
function part(telling: Telling, speaker: string): void {
  telling.lines.push({ tone: "faint", text: "" })
  telling.speaker = speaker
}

function presentOf({ open, view, options }: Telling): Present {
  const [last] = [...open.values()].slice(-1)
  if (last === undefined) {
    const text =
      view.state === "queued" ? "starting" : view.asking.size > 0 ? "waiting for an answer" : harmlessLine(options.idle)
    return { text, since: view.startedAt === undefined ? undefined : Date.parse(view.startedAt) }
  }
  const doing = last.tone === "output" ? harmlessLine(last.head.split("\n")[0] ?? "") : "writing"
  const unfinished = harmlessLine(last.unfinished.slice(-longestLine))
  return { text: unfinished === "" ? doing : `${doing}: ${unfinished}`, since: last.since }
}

type Fields = Readonly<Record<string, unknown>>

function textOf(type: string, raw: Fields): string | undefined {
  const value = type === "agent_message" || type === "reasoning" ? raw["text"] : raw["aggregated_output"]
  return typeof value === "string" ? value : undefined
}

/** The item of a command is told with its first output; it began with the run. */
function durationOf(view: RunView, item: ItemView, raw: Fields): number {
  const told = raw["duration_ms"]
  if (typeof told === "number" && told >= 0) return told
  const began = view.agent === "command" ? (view.startedAt ?? item.startedAt) : item.startedAt
  return Math.max(0, Date.parse(item.completedAt ?? began) - Date.parse(began))
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {}
}

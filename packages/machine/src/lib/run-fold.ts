import type {
  EndedBody,
  EventBody,
  ExitEvidence,
  Fault,
  Outcome,
  RunState,
  RunStats,
  StartedBody,
  TraceRecord,
  Usage
} from "@signalbox/protocol"
import { appendText, boundedText, type BoundedText, noText } from "./bounded-text.ts"

// A trace folded to what a person wants to see of a run. Events are foreign: every field is looked at before it is
// believed, and a kind that is not known is counted and passed over.

export interface RunFoldLimits {
  /** Characters kept of each text and each output. */
  readonly textLength: number
  /** Items kept; the oldest go first. */
  readonly items: number
}

export interface ItemView {
  readonly id: string
  /** `unknown` until an item event names it. */
  type: string
  status: string
  text: BoundedText
  output: BoundedText
  command?: string
  exitCode?: number
  /** `at` of the first record about the item, and of the one that completed it. */
  readonly startedAt: string
  completedAt?: string
}

export interface FoldCounts {
  records: number
  events: number
  deltas: number
  diags: number
  /** Messages of an agent that have no counterpart, kept raw in the trace. */
  vendor: number
  /** Events and records of kinds that this version does not know. */
  unknown: number
  /** Records that came a second time, or too late: passed over. */
  repeated: number
  /** Sequence numbers that were jumped over. */
  missing: number
  /** Items that were dropped from the view because there were too many. */
  droppedItems: number
}

/** Owned by one reader of one run. Bounded by the limits, whatever the trace holds. */
export interface RunView {
  readonly limits: RunFoldLimits
  runId?: string
  agent?: string
  principal?: string
  /** The agent's own name for its thread: what a later run resumes. */
  threadId?: string
  state: RunState | Outcome
  outcome?: Outcome
  error?: Fault
  exit?: ExitEvidence
  stats?: RunStats
  usage?: Usage
  /** What the agent last complained of; the run may have gone on. */
  complaint?: string
  /** In the order in which they were first heard of. */
  readonly items: Map<string, ItemView>
  /** Questions of the agent that are not answered yet. */
  readonly asking: Set<string>
  readonly counts: FoldCounts
  lastSeq: number
  startedAt?: string
  endedAt?: string
}

type Fields = Readonly<Record<string, unknown>>

const longestName = 1024
const standardLimits: RunFoldLimits = { textLength: 32_768, items: 1_000 }

export function emptyRunView(limits: Partial<RunFoldLimits> = {}): RunView {
  const counts = { records: 0, events: 0, deltas: 0, diags: 0, vendor: 0, unknown: 0 }
  return {
    limits: { ...standardLimits, ...limits },
    state: "queued",
    items: new Map(),
    asking: new Set(),
    counts: { ...counts, repeated: 0, missing: 0, droppedItems: 0 },
    lastSeq: 0
  }
}

/** Takes one record into the view, which it changes and returns. A record that was taken in before changes nothing. */
export function foldRecord(view: RunView, record: TraceRecord): RunView {
  if (record.seq <= view.lastSeq) {
    view.counts.repeated += 1
    return view
  }
  view.counts.records += 1
  view.counts.missing += record.seq - view.lastSeq - 1
  view.lastSeq = record.seq
  view.runId ??= record.run_id
  const body = record.record
  switch (body.type) {
    case "started":
      return foldStarted(view, body, record.at)
    case "state":
      if (view.outcome === undefined) view.state = body.state
      return view
    case "event":
      return foldEvent(view, body, record.at)
    case "diag":
      view.counts.diags += 1
      return view
    case "ended":
      return foldEnded(view, body, record.at)
    default:
      view.counts.unknown += 1
      return view
  }
}

function foldStarted(view: RunView, body: StartedBody, at: string): RunView {
  view.agent = body.agent
  view.principal = body.principal
  view.startedAt = at
  return view
}

function foldEnded(view: RunView, body: EndedBody, at: string): RunView {
  view.state = body.outcome
  view.outcome = body.outcome
  view.endedAt = at
  view.stats = body.stats
  view.asking.clear()
  if (body.error !== undefined) view.error = body.error
  if (body.exit !== undefined) view.exit = body.exit
  if (body.usage !== undefined) view.usage = body.usage
  return view
}

function foldEvent(view: RunView, body: EventBody, at: string): RunView {
  const event: Fields = body.event
  view.counts.events += 1
  switch (event["type"]) {
    case "thread.started":
      return setText(view, "threadId", event["thread_id"])
    case "turn.started":
    case "model.continuation":
      return view
    case "item.started":
    case "item.updated":
    case "item.completed":
      return foldItem(view, event, at)
    case "item.delta":
      return foldDelta(view, event, at)
    case "turn.completed":
    case "usage":
      return foldUsage(view, event["usage"])
    case "turn.failed":
      return setText(view, "complaint", fieldsOf(event["error"])["message"])
    case "error":
    case "model.retry":
      return setText(view, "complaint", event["message"])
    case "permission.requested":
      if (isName(event["request"]) && view.asking.size < view.limits.items) view.asking.add(event["request"])
      return view
    case "permission.resolved":
      if (isName(event["request"])) view.asking.delete(event["request"])
      return view
    case "vendor":
      view.counts.vendor += 1
      return view
    default:
      view.counts.unknown += 1
      return view
  }
}

/** An item event carries the whole item: what it says replaces what deltas grew, what it leaves out stays. */
function foldItem(view: RunView, event: Fields, at: string): RunView {
  const fields = fieldsOf(event["item"])
  const id = fields["id"]
  if (!isName(id)) return view
  const completed = event["type"] === "item.completed"
  const item = itemFor(view, id, at)
  const { type, status, text, aggregated_output: output, command, exit_code: exitCode } = fields
  const { textLength } = view.limits
  if (isName(type)) item.type = type
  if (typeof text === "string") item.text = boundedText(text, textLength)
  if (typeof output === "string") item.output = boundedText(output, textLength)
  if (typeof command === "string") item.command = boundedText(command, textLength).head
  if (typeof exitCode === "number") item.exitCode = exitCode
  if (isName(status)) item.status = status
  else if (completed) item.status = "completed"
  if (completed) item.completedAt = at
  return view
}

function foldDelta(view: RunView, event: Fields, at: string): RunView {
  view.counts.deltas += 1
  const { item_id: id, field, delta } = event
  if (!isName(id) || typeof delta !== "string") return view
  const item = itemFor(view, id, at)
  if (item.completedAt !== undefined) return view
  const { textLength } = view.limits
  if (field === "text") item.text = appendText(item.text, delta, textLength)
  if (field === "aggregated_output") item.output = appendText(item.output, delta, textLength)
  return view
}

function itemFor(view: RunView, id: string, at: string): ItemView {
  const known = view.items.get(id)
  if (known !== undefined) return known
  const item: ItemView = { id, type: "unknown", status: "in_progress", text: noText, output: noText, startedAt: at }
  view.items.set(id, item)
  if (view.items.size > view.limits.items) dropOldest(view)
  return item
}

function dropOldest(view: RunView): void {
  const [oldest] = view.items.keys()
  if (oldest === undefined) return
  view.items.delete(oldest)
  view.counts.droppedItems += 1
}

function foldUsage(view: RunView, usage: unknown): RunView {
  const numbers = Object.entries(fieldsOf(usage)).filter(([, value]) => typeof value === "number")
  if (numbers.length > 0) view.usage = Object.fromEntries(numbers)
  return view
}

function setText(view: RunView, field: "threadId" | "complaint", value: unknown): RunView {
  if (typeof value === "string") view[field] = boundedText(value, view.limits.textLength).head
  return view
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {}
}

/** A string that can stand for an item or a kind; longer ones are nobody's name and would not be bounded. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= longestName
}

import type { DialectSink } from "@signalbox/machine"
import { appendOutput, makeOutputTail } from "../output-tail.ts"
import { hearResolved } from "./approvals.ts"
import { type CodexRun, type CodexState, say, sayVendor, type TranslatedItem } from "./codex-state.ts"
import { paragraph, translateItem } from "./items.ts"
import { turnErrorFacts, turnErrorText } from "./turn-error.ts"
import { adoptHelper, interrupt, turnCompleted, turnStarted } from "./turns.ts"
import { meterUsage } from "./usage.ts"
import {
  ErrorNotice,
  ItemNotice,
  PlanNotice,
  readWire,
  type ThreadItem,
  ThreadStartedNotice,
  TurnNotice,
  UsageNotice,
  WarningNotice
} from "./wire.ts"

// What the app-server tells without being asked. A notice that has no counterpart, or another shape than expected,
// becomes a `vendor` event of its run; one that no run owns goes to all open runs.

export interface Notice {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

/** What is kept of an open item's deltas, in UTF-16 code units. */
const maxHeard = 1024 * 1024

/** Warnings about the process that are told apart; further ones are repeated. */
const maxWarned = 64

export function hearNotice(state: CodexState, notice: Notice, sink: DialectSink): void {
  const thread = notice.params["threadId"]
  if (typeof thread !== "string") return hearProcessNotice(state, notice, sink)
  const run = state.threads.get(thread)
  if (run === undefined) return hearOtherThread(state, thread, notice, sink)
  if (!translate(state, run, notice, sink)) sayVendor(run, notice.method, notice.params, sink)
  if (run.interruptAgain && run.phase === "running") interrupt(state, run, sink)
}

/** False when the notice has no counterpart. Deltas first: they are most of the lines. */
function translate(state: CodexState, run: CodexRun, { method, params }: Notice, sink: DialectSink): boolean {
  switch (method) {
    case "item/agentMessage/delta":
    case "item/reasoning/summaryTextDelta":
    case "item/reasoning/textDelta":
    case "item/plan/delta":
      return hearDelta(run, "text", params, sink)
    case "item/commandExecution/outputDelta":
      return hearDelta(run, "aggregated_output", params, sink)
    case "item/reasoning/summaryPartAdded":
      return hearSummaryPart(run, params, sink)
    case "item/started":
      return hearItemStarted(run, params, sink)
    case "item/completed":
      return hearItemCompleted(state, run, params, sink)
    case "thread/tokenUsage/updated":
      return hearUsage(run, params, sink)
    case "turn/plan/updated":
      return hearPlan(run, params, sink)
    case "turn/started":
    case "turn/completed":
      return hearTurn(state, run, { method, params }, sink)
    case "error":
      return hearError(run, params, sink)
    case "warning":
    case "guardianWarning":
      return hearWarning(run, params, sink)
    case "serverRequest/resolved":
      return hearResolved(state, params, sink)
    default:
      return false
  }
}

type Params = Notice["params"]

function hearDelta(run: CodexRun, field: "text" | "aggregated_output", params: Params, sink: DialectSink): boolean {
  const { itemId, delta } = params
  if (typeof itemId !== "string" || typeof delta !== "string") return false
  const open = run.openItems.get(itemId)
  if (open !== undefined) appendOutput(open.text, delta)
  say(run, { type: "item.delta", item_id: itemId, field, delta }, sink)
  return true
}

/** The completed text has a paragraph between two parts; so have the deltas. */
function hearSummaryPart(run: CodexRun, params: Params, sink: DialectSink): boolean {
  if (params["summaryIndex"] === 0) return true
  return hearDelta(run, "text", { ...params, delta: paragraph }, sink)
}

function hearItemStarted(run: CodexRun, params: Params, sink: DialectSink): boolean {
  const item = readWire(ItemNotice, params)?.item
  if (item === undefined) return false
  if (isEcho(item)) return true
  run.openItems.set(item.id, { item, text: makeOutputTail(maxHeard) })
  say(run, { type: "item.started", item: translateItem(item) }, sink)
  return true
}

function hearItemCompleted(state: CodexState, run: CodexRun, params: Params, sink: DialectSink): boolean {
  const item = readWire(ItemNotice, params)?.item
  if (item === undefined) return false
  if (isEcho(item)) return true
  run.openItems.delete(item.id)
  say(run, { type: "item.completed", item: translateItem(item) }, sink)
  if (item["tool"] === "spawnAgent") adoptHelpers(state, run, item["receiverThreadIds"], sink)
  return true
}

function adoptHelpers(state: CodexState, run: CodexRun, threads: unknown, sink: DialectSink): void {
  if (!Array.isArray(threads)) return
  for (const thread of threads) if (typeof thread === "string") adoptHelper(state, run, thread, sink)
}

/** The run's own prompt: the host has it already. */
function isEcho(item: ThreadItem): boolean {
  return item.type === "userMessage"
}

function hearUsage(run: CodexRun, params: Params, sink: DialectSink): boolean {
  const notice = readWire(UsageNotice, params)
  // A thread that is resumed repeats its last turn's count.
  if (notice === undefined || run.turn === undefined || notice.turnId !== run.turn) return false
  const { total, last } = notice.tokenUsage
  say(run, { type: "usage", usage: meterUsage(run, total, last) }, sink)
  return true
}

function hearPlan(run: CodexRun, params: Params, sink: DialectSink): boolean {
  const notice = readWire(PlanNotice, params)
  if (notice === undefined) return false
  const items = notice.plan.map(({ step, status }) => ({ text: step, completed: status === "completed" }))
  const list: TranslatedItem = { id: `${notice.turnId}:plan`, type: "todo_list", items }
  say(run, { type: run.plan === undefined ? "item.started" : "item.updated", item: list }, sink)
  run.plan = list
  return true
}

function hearTurn(state: CodexState, run: CodexRun, { method, params }: Notice, sink: DialectSink): boolean {
  const notice = readWire(TurnNotice, params)
  if (notice === undefined || (run.turn !== undefined && notice.turn.id !== run.turn)) return false
  if (method === "turn/started") turnStarted(state, run, notice.turn.id, sink)
  else turnCompleted(state, run, notice, sink)
  return true
}

function hearError(run: CodexRun, params: Params, sink: DialectSink): boolean {
  const notice = readWire(ErrorNotice, params)
  if (notice === undefined) return false
  const { error } = notice
  const facts = turnErrorFacts(error)
  if (notice.willRetry === true) {
    const message = error.additionalDetails ?? error.message
    say(run, { type: "model.retry", attempt: ++run.retries, message, ...facts }, sink)
  } else say(run, { type: "error", message: turnErrorText(error), ...facts }, sink)
  return true
}

function hearWarning(run: CodexRun, params: Params, sink: DialectSink): boolean {
  const message = warningText(params)
  if (message === undefined) return false
  sink.frame({ type: "diag", id: run.id, level: "warn", message })
  return true
}

/** Threads that a run's agent opened for its helpers speak as `vendor` events of that run; all others are over. */
function hearOtherThread(state: CodexState, thread: string, { method, params }: Notice, sink: DialectSink): void {
  const owner = state.helperThreads.get(thread)
  if (owner !== undefined) sayVendor(owner, method, params, sink)
}

function hearProcessNotice(state: CodexState, { method, params }: Notice, sink: DialectSink): void {
  if (method === "thread/started") return hearThreadStarted(state, params, sink)
  const message = warningText(params)
  const isWarning = method === "warning" || method === "configWarning" || method === "deprecationNotice"
  if (isWarning && message !== undefined) return warnOnce(state, message, sink)
  for (const run of state.runs.values()) sayVendor(run, method, params, sink)
}

/** A thread of our own is told from the answer that opened it. */
function hearThreadStarted(state: CodexState, params: Params, sink: DialectSink): void {
  const thread = readWire(ThreadStartedNotice, params)?.thread
  const parent = thread?.parentThreadId
  if (thread === undefined || typeof parent !== "string" || state.threads.has(thread.id)) return
  const owner = state.threads.get(parent) ?? state.helperThreads.get(parent)
  if (owner === undefined) return
  adoptHelper(state, owner, thread.id, sink)
  sayVendor(owner, "thread/started", params, sink)
}

function warnOnce(state: CodexState, message: string, sink: DialectSink): void {
  if (state.warned.has(message)) return
  if (state.warned.size < maxWarned) state.warned.add(message)
  sink.frame({ type: "diag", level: "warn", message })
}

function warningText(params: Params): string | undefined {
  const warning = readWire(WarningNotice, params)
  const text = warning?.message ?? warning?.summary
  if (typeof text !== "string") return undefined
  return typeof warning?.details === "string" ? `${text}: ${warning.details}` : text
}

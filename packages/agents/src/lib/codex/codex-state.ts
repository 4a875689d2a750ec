import type { DialectSink } from "@signalbox/machine"
import type { EndFrame, RunEvent, RunFrame } from "@signalbox/protocol"
import type { OutputTail } from "../output-tail.ts"
import { type Calls, makeCalls } from "./calls.ts"
import type { ThreadItem, TokenCount } from "./wire.ts"

// What the dialect remembers of one app-server: its open runs and their threads. Memory grows with open runs only.

export interface CodexState {
  readonly calls: Calls
  /** Runs from the host's `run` to our `end`. */
  readonly runs: Map<string, CodexRun>
  /** The runs by their own thread; a thread carries one run at a time. */
  readonly threads: Map<string, CodexRun>
  /** The runs by the threads that their agent opened for its own helpers. */
  readonly helperThreads: Map<string, CodexRun>
  /** Threads that a run has asked to go on with, until the answer. */
  readonly resuming: Set<string>
  /** Questions of the agent that wait for an answer, by the name that the host knows. */
  readonly questions: Map<string, Question>
  /** Warnings about the process that were passed on already. */
  readonly warned: Set<string>
  /** Runs that came before the app-server was ready; undefined once it is. */
  early: Array<EarlyRun> | undefined
}

export interface EarlyRun {
  readonly frame: RunFrame
  cancelled: boolean
}

/** opening: its thread is asked for. starting: its turn is asked for. running. closing: the turn is over, tools are not. */
export type RunPhase = "opening" | "starting" | "running" | "closing"

export interface CodexRun {
  readonly id: string
  readonly openItems: Map<string, OpenItem>
  phase: RunPhase
  thread: string | undefined
  turn: string | undefined
  cancelled: boolean
  /** The agent refused the interruption although the turn runs: ask again. */
  interruptAgain: boolean
  /** The thread's total before this turn; undefined until the first count. */
  usageBefore: TokenCount | undefined
  usage: TokenCount | undefined
  /** The todo list, when the agent made one. */
  plan: TranslatedItem | undefined
  retries: number
}

export interface OpenItem {
  readonly item: ThreadItem
  /** What its deltas said, for the case that the agent never completes it. */
  readonly text: OutputTail
}

/** An item in the words of run events. */
export interface TranslatedItem {
  readonly id: string
  readonly type: string
  readonly [field: string]: unknown
}

/** What is said last of a run: an event about its turn, when there was one, and the end. */
export interface Ending {
  readonly event: RunEvent | undefined
  readonly frame: EndFrame
}

export interface Question {
  readonly run: CodexRun
  readonly rpcId: number | string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

export const makeCodexState = (): CodexState => ({
  calls: makeCalls(),
  runs: new Map(),
  threads: new Map(),
  helperThreads: new Map(),
  resuming: new Set(),
  questions: new Map(),
  warned: new Set(),
  early: []
})

export const makeCodexRun = (id: string): CodexRun => ({
  id,
  openItems: new Map(),
  phase: "opening",
  thread: undefined,
  turn: undefined,
  cancelled: false,
  interruptAgain: false,
  usageBefore: undefined,
  usage: undefined,
  plan: undefined,
  retries: 0
})

export function say(run: CodexRun, event: RunEvent, sink: DialectSink): void {
  sink.frame({ type: "event", id: run.id, event })
}

/** A message of the agent that has no counterpart: kept as it is. */
export function sayVendor(run: CodexRun, name: string, raw: unknown, sink: DialectSink): void {
  say(run, { type: "vendor", agent: "codex", name, raw }, sink)
}

export const endOk = (run: CodexRun): EndFrame => ({ type: "end", id: run.id, status: "ok" })

export const endCancelled = (run: CodexRun): EndFrame => ({ type: "end", id: run.id, status: "cancelled" })

export const endError = (run: CodexRun, error: string, facts: Record<string, unknown> = {}): EndFrame => ({
  type: "end",
  id: run.id,
  status: "error",
  error,
  ...facts
})

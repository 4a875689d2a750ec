import type { DialectSink } from "@signalbox/machine"
import type { RunFrame } from "@signalbox/protocol"
import { readOutput } from "../output-tail.ts"
import { type Answer, call } from "./calls.ts"
import {
  type CodexRun,
  type CodexState,
  type Ending,
  endCancelled,
  endError,
  endOk,
  makeCodexRun,
  say
} from "./codex-state.ts"
import { closeItem, isCommand } from "./items.ts"
import { type CodexRequest, requestOf } from "./params.ts"
import { turnErrorFacts, turnErrorText } from "./turn-error.ts"
import { usageOf } from "./usage.ts"
import { readWire, ThreadResult, type TurnNotice, TurnResult } from "./wire.ts"

// A run's life:
//
//   opening   thread/start or thread/resume is asked     cancel: ends at once, the thread is put away when it comes
//   starting  turn/start is asked                        cancel: waits, a turn that has not started refuses it
//   running   from turn/started                          cancel: turn/interrupt
//   closing   the turn is over, its commands are not     ends when they are gone
//
// After the end the thread is archived and taken out of the archive again: the only way to make the app-server forget
// a thread (otherwise each one costs a megabyte) which leaves it in the person's history, ready to be resumed. As the
// archive's answer comes after the last word about the thread's commands, it also tells when they are gone.

type Request = Extract<CodexRequest, { readonly ok: true }>

export function startRun(state: CodexState, frame: RunFrame, sink: DialectSink): void {
  if (state.early !== undefined) {
    state.early.push({ frame, cancelled: false })
    return
  }
  const run = makeCodexRun(frame.id)
  const request = requestOf(frame)
  if (!request.ok) return sink.frame(endError(run, request.error, { code: "invalid_request" }))
  const { resume } = request
  if (resume !== undefined && (state.threads.has(resume) || state.resuming.has(resume))) {
    return sink.frame(endError(run, `the thread ${resume} carries another run; wait for its end`, busy))
  }
  for (const name of request.unknown) warnOfParam(run, name, sink)
  state.runs.set(run.id, run)
  if (resume !== undefined) state.resuming.add(resume)
  askThread(state, { run, request, answered: (answer) => openThread(state, { run, request, answer }, sink) }, sink)
}

interface AskedThread {
  readonly run: CodexRun
  readonly request: Request
  readonly answered: (answer: Answer) => void
}

/** A thread whose last process died between archiving it and taking it back is taken back now. */
function askThread(state: CodexState, { run, request, answered }: AskedThread, sink: DialectSink): void {
  const { method, thread: params, resume } = request
  const ask = (done: (answer: Answer) => void) => call(state.calls, sink, { method, params, answered: done })
  ask((answer) => {
    if (answer.ok || resume === undefined || run.cancelled) return answered(answer)
    call(state.calls, sink, { method: "thread/unarchive", params: { threadId: resume }, answered: ignored })
    ask(answered)
  })
}

const busy = { code: "invalid_request" }

function warnOfParam(run: CodexRun, name: string, sink: DialectSink): void {
  const message = `Codex knows no parameter ${JSON.stringify(name)}; it was left out`
  sink.frame({ type: "diag", id: run.id, level: "warn", message })
}

interface OpenedThread {
  readonly run: CodexRun
  readonly request: Request
  readonly answer: Answer
}

function openThread(state: CodexState, { run, request, answer }: OpenedThread, sink: DialectSink): void {
  if (request.resume !== undefined) state.resuming.delete(request.resume)
  const thread = answer.ok ? readWire(ThreadResult, answer.result)?.thread.id : undefined
  if (!state.runs.has(run.id)) {
    if (thread !== undefined) putAway(state, thread, sink)
    return
  }
  if (thread === undefined) return finish(state, run, failure(run, answer, "open a thread"), sink)
  run.thread = thread
  run.phase = "starting"
  state.threads.set(thread, run)
  say(run, { type: "thread.started", thread_id: thread }, sink)
  call(state.calls, sink, {
    method: "turn/start",
    params: { threadId: thread, ...request.turn },
    answered: (turnAnswer) => openTurn(state, run, turnAnswer, sink)
  })
}

function openTurn(state: CodexState, run: CodexRun, answer: Answer, sink: DialectSink): void {
  if (run.phase !== "starting") return
  if (answer.ok) run.turn = readWire(TurnResult, answer.result)?.turn.id
  else finish(state, run, failure(run, answer, "start the turn"), sink)
}

function failure(run: CodexRun, answer: Answer, deed: string): Ending {
  const why = answer.ok ? "its answer has an unknown shape" : answer.message
  return { event: undefined, frame: endError(run, `codex did not ${deed}: ${why}`) }
}

/** The turn is under way: only now it can be interrupted. */
export function turnStarted(state: CodexState, run: CodexRun, turn: string, sink: DialectSink): void {
  run.turn = turn
  run.phase = "running"
  say(run, { type: "turn.started" }, sink)
  if (run.cancelled) interrupt(state, run, sink)
}

/** Asks the run to stop. Twice is once; after the end it is nothing. */
export function cancelRun(state: CodexState, id: string, sink: DialectSink): void {
  const early = state.early?.find(({ frame }) => frame.id === id)
  if (early !== undefined) early.cancelled = true
  const run = state.runs.get(id)
  if (run === undefined || run.cancelled) return
  run.cancelled = true
  if (run.phase === "opening") settle(state, run, { event: undefined, frame: endCancelled(run) }, sink)
  else if (run.phase === "running") interrupt(state, run, sink)
}

export function interrupt(state: CodexState, run: CodexRun, sink: DialectSink): void {
  run.interruptAgain = false
  call(state.calls, sink, {
    method: "turn/interrupt",
    params: { threadId: run.thread, turnId: run.turn },
    answered: (answer) => {
      run.interruptAgain = !answer.ok && run.phase === "running"
    }
  })
}

/** The agent says that the turn is over. Commands and helpers that it left at work are stopped before the run ends. */
export function turnCompleted(state: CodexState, run: CodexRun, { turn }: TurnNotice, sink: DialectSink): void {
  if (run.phase === "closing") return
  run.phase = "closing"
  const ending = endingOf(run, turn)
  const commands = [...run.openItems.values()].some(({ item }) => isCommand(item))
  const helpers = [...state.helperThreads].flatMap(([thread, owner]) => (owner === run ? [thread] : []))
  if (run.thread === undefined || (!commands && helpers.length === 0)) return finish(state, run, ending, sink)
  const threads = [...helpers, run.thread]
  let left = threads.length
  for (const thread of threads) {
    const params = { threadId: thread }
    call(state.calls, sink, { method: "thread/backgroundTerminals/clean", params, answered: ignored })
    putAway(state, thread, sink, () => {
      if (--left === 0) settle(state, run, ending, sink)
    })
  }
}

/** Takes note of a thread that the run's agent opened for a helper. */
export function adoptHelper(state: CodexState, run: CodexRun, thread: string, sink: DialectSink): void {
  if (run.phase === "closing") putAway(state, thread, sink)
  else state.helperThreads.set(thread, run)
}

function endingOf(run: CodexRun, turn: TurnNotice["turn"]): Ending {
  const usage = run.usage === undefined ? {} : { usage: usageOf(run.usage) }
  if (turn.status === "completed") return { event: { type: "turn.completed", ...usage }, frame: endOk(run) }
  if (turn.status === "interrupted") {
    const event = { type: "turn.failed", error: { message: "the turn was interrupted" }, ...usage }
    return { event, frame: endCancelled(run) }
  }
  const facts = turnErrorFacts(turn.error)
  const message = turnErrorText(turn.error)
  return {
    event: { type: "turn.failed", error: { message, ...facts }, ...usage },
    frame: endError(run, message, facts)
  }
}

function finish(state: CodexState, run: CodexRun, ending: Ending, sink: DialectSink): void {
  settle(state, run, ending, sink)
  if (run.thread !== undefined) putAway(state, run.thread, sink)
}

/** Says the last words and forgets the run, its questions and its helpers' threads. */
function settle(state: CodexState, run: CodexRun, ending: Ending, sink: DialectSink): void {
  for (const { item, text } of run.openItems.values()) {
    say(run, { type: "item.completed", item: closeItem(item, readOutput(text)) }, sink)
  }
  if (run.plan !== undefined) say(run, { type: "item.completed", item: run.plan }, sink)
  if (ending.event !== undefined) say(run, ending.event, sink)
  state.runs.delete(run.id)
  if (run.thread !== undefined) state.threads.delete(run.thread)
  for (const [thread, owner] of state.helperThreads) if (owner === run) state.helperThreads.delete(thread)
  for (const [name, question] of state.questions) if (question.run === run) state.questions.delete(name)
  sink.frame(ending.frame)
}

function putAway(state: CodexState, thread: string, sink: DialectSink, gone: () => void = ignored): void {
  const params = { threadId: thread }
  call(state.calls, sink, { method: "thread/archive", params, answered: gone })
  call(state.calls, sink, { method: "thread/unarchive", params, answered: ignored })
}

function ignored(): void {}

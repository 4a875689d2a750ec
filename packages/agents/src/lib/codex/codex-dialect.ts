import type { Dialect, DialectSink } from "@signalbox/machine"
import { PROTOCOL_VERSION } from "@signalbox/protocol"
import { answerQuestion, hearRequest } from "./approvals.ts"
import { type Answer, call, takeAnswer } from "./calls.ts"
import { type CodexState, makeCodexState } from "./codex-state.ts"
import { hearNotice } from "./notices.ts"
import { cancelRun, startRun } from "./turns.ts"
import { InitializeResult, readWire } from "./wire.ts"

// The dialect of `codex app-server`: one process carries many threads, each run is one turn of a thread. This file
// sorts the lines; turns.ts holds a run's life, notices.ts what the agent tells, approvals.ts what it asks.

/** Makes the dialect for one app-server. */
export function codexDialect(): Dialect {
  const state = makeCodexState()
  return {
    start: (sink) => introduce(state, sink),
    encode: (frame, sink) => {
      if (frame.type === "run") startRun(state, frame, sink)
      else if (frame.type === "cancel") cancelRun(state, frame.id, sink)
      else if (frame.type === "answer") answerQuestion(state, frame, sink)
    },
    stdout: (line, sink) => hearLine(state, line, sink),
    // The app-server's log: text for people, kept as evidence.
    stderr: () => false
  }
}

/**
 * What no run owns, or what other messages say as well: the state of threads, and the turn's whole diff, which grows
 * with the square of the changes while each `file_change` item carries its own.
 */
const unwantedNotices = [
  "account/rateLimits/updated",
  "app/list/updated",
  "remoteControl/status/changed",
  "skills/changed",
  "thread/archived",
  "thread/closed",
  "thread/readState/changed",
  "thread/status/changed",
  "thread/unarchived",
  "turn/diff/updated"
]

function introduce(state: CodexState, sink: DialectSink): void {
  call(state.calls, sink, {
    method: "initialize",
    params: {
      clientInfo: { name: "signalbox", title: "Signalbox", version: String(PROTOCOL_VERSION) },
      // Stopping the tools of an interrupted turn belongs to the experimental methods.
      capabilities: {
        experimentalApi: true,
        requestAttestation: false,
        optOutNotificationMethods: unwantedNotices
      }
    },
    answered: (answer) => becomeReady(state, answer, sink)
  })
}

/** The app-server refuses everything before its answer, so runs wait for it here; `hello` is the first frame of all. */
function becomeReady(state: CodexState, answer: Answer, sink: DialectSink): void {
  if (!answer.ok) return sink.frame({ type: "fatal", message: `codex refused to start: ${answer.message}` })
  sink.write(JSON.stringify({ method: "initialized" }))
  const version = versionOf(answer.result)
  sink.frame({
    type: "hello",
    protocol: PROTOCOL_VERSION,
    agent: "codex",
    ...(version === undefined ? {} : { version }),
    capabilities: { cancel: "cooperative", answer: true }
  })
  const early = state.early ?? []
  state.early = undefined
  for (const { frame, cancelled } of early) {
    if (cancelled) sink.frame({ type: "end", id: frame.id, status: "cancelled" })
    else startRun(state, frame, sink)
  }
}

/** `userAgent` is our name, a slash and Codex's version, then the system. */
function versionOf(result: unknown): string | undefined {
  const userAgent = readWire(InitializeResult, result)?.userAgent
  return userAgent?.match(/^[^/]*\/(\S+)/)?.[1]
}

function hearLine(state: CodexState, line: string, sink: DialectSink): void {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    if (line.trim() !== "") sink.stray({ stream: "stdout", kind: "not_json", sample: line })
    return
  }
  if (!isFields(message)) return sink.stray({ stream: "stdout", kind: "not_object", sample: line })
  const { id, method } = message
  const params = isFields(message["params"]) ? message["params"] : {}
  if (typeof method === "string") {
    if (id === undefined) return hearNotice(state, { method, params }, sink)
    if (typeof id === "number" || typeof id === "string") return hearRequest(state, { id, method, params }, sink)
  } else if (takeAnswer(state.calls, message)) return
  sink.stray({ stream: "stdout", kind: "wrong_shape", sample: line })
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

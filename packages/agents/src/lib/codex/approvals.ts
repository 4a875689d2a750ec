import type { DialectSink } from "@signalbox/machine"
import type { HostFrame } from "@signalbox/protocol"
import { encodeLine } from "./calls.ts"
import { type CodexState, type Question, say, sayVendor } from "./codex-state.ts"
import { ApprovalRequest, ResolvedNotice, readWire } from "./wire.ts"

// What the app-server asks. Questions whether it may do a thing become `ask` frames; every other request is answered
// at once with an error, so that nothing hangs on a request that nobody here can serve.

interface Request {
  readonly id: number | string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
}

type AnswerFrame = Extract<HostFrame, { readonly type: "answer" }>

/** The questions that are passed on, with the word that says what is asked for. */
const subjects: ReadonlyMap<string, string> = new Map([
  ["item/commandExecution/requestApproval", "command"],
  ["item/fileChange/requestApproval", "file_change"],
  ["item/permissions/requestApproval", "permissions"]
])

const methodNotFound = -32601

export function hearRequest(state: CodexState, request: Request, sink: DialectSink): void {
  const thread = request.params["threadId"]
  const run = typeof thread === "string" ? (state.threads.get(thread) ?? state.helperThreads.get(thread)) : undefined
  const subject = subjects.get(request.method)
  const asked = readWire(ApprovalRequest, request.params)
  if (run === undefined || subject === undefined || asked === undefined) {
    if (run !== undefined) sayVendor(run, request.method, request.params, sink)
    return refuse(request, sink)
  }
  const name = `request-${typeof request.id}-${request.id}`
  state.questions.set(name, { run, rpcId: request.id, method: request.method, params: request.params })
  sink.frame({
    type: "ask",
    id: run.id,
    request: name,
    kind: "permission",
    subject,
    ...present({
      item_id: asked.itemId,
      reason: asked.reason,
      command: asked.command,
      cwd: asked.cwd,
      permissions: asked.permissions
    }),
    choices: asked.availableDecisions ?? standardChoices
  })
}

const standardChoices = ["accept", "acceptForSession", "decline", "cancel"]

function refuse({ id, method }: Request, sink: DialectSink): void {
  const error = { code: methodNotFound, message: `signalbox does not serve ${method}` }
  sink.write(JSON.stringify({ id, error }))
}

/** Gives the agent its answer. A question that is over is not answered. */
export function answerQuestion(state: CodexState, frame: AnswerFrame, sink: DialectSink): void {
  const question = state.questions.get(frame.request)
  if (question === undefined || question.run.id !== frame.id) return
  state.questions.delete(frame.request)
  const id = question.rpcId
  const line = encodeLine({ id, result: resultOf(question, frame.value) })
  sink.write(line.ok ? line.value : JSON.stringify({ id, result: resultOf(question, "decline") }))
}

function resultOf(question: Question, value: unknown): object {
  const decision = decisionOf(value)
  if (question.method !== "item/permissions/requestApproval") return { decision }
  if (decision !== "accept" && decision !== "acceptForSession") return { permissions: {}, scope: "turn" }
  const asked = readWire(ApprovalRequest, question.params)?.permissions
  const granted = present({ network: asked?.network, fileSystem: asked?.fileSystem })
  return { permissions: granted, scope: decision === "accept" ? "turn" : "session" }
}

/** Codex's own decisions pass, the usual words are understood; whatever is not clearly a yes is a no. */
function decisionOf(value: unknown): unknown {
  const said = typeof value === "object" && value !== null && "decision" in value ? value.decision : value
  if (said === true) return "accept"
  if (typeof said === "string") return words.get(said) ?? "decline"
  if (typeof said !== "object" || said === null) return "decline"
  return ownDecisions.some((name) => name in said) ? said : "decline"
}

const words: ReadonlyMap<string, string> = new Map([
  ["accept", "accept"],
  ["allow", "accept"],
  ["acceptForSession", "acceptForSession"],
  ["accept_for_session", "acceptForSession"],
  ["allow_always", "acceptForSession"],
  ["cancel", "cancel"]
])

/** Decisions that carry a rule; they are among the `choices` when they can be made. */
const ownDecisions = ["acceptWithExecpolicyAmendment", "applyNetworkPolicyAmendment"]

/** The agent took a question back, or heard our answer: only the first is news. */
export function hearResolved(state: CodexState, params: Request["params"], sink: DialectSink): boolean {
  const id = readWire(ResolvedNotice, params)?.requestId
  if (id === undefined) return false
  const name = `request-${typeof id}-${id}`
  const question = state.questions.get(name)
  if (question === undefined) return true
  state.questions.delete(name)
  say(question.run, { type: "permission.resolved", request: name, by: "agent" }, sink)
  return true
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
}

import {
  type Capabilities,
  decodeObjectLine,
  type DiagFrame,
  type DiagLevel,
  isRunId,
  PROTOCOL_VERSION
} from "@signalbox/protocol"
import { checkParams } from "./check-params.ts"
import { abortError, errorLine, flatten, story } from "./error-text.ts"
import { type OpenRun, openRun } from "./open-run.ts"
import { makeOutlet, type Outlet } from "./outlet.ts"
import type { RunHandler, RunnerOptions } from "./run-handler.ts"
import type { RunnerPort } from "./runner-port.ts"

// The runner's side of `signalbox.stdio/1`: hears the host's lines, keeps the runs that are in flight, and says one `end`
// for each. It has no cap on runs: the host alone limits them. listening -> draining (end of input) -> finished.

/** Owned by the program that feeds it. Every call is harmless in every state; nothing here throws. */
export interface Runner {
  /** Says `hello`. Call it once, before the first line. */
  readonly hello: () => void
  /** Takes in one line of the host, without its newline. */
  readonly line: (text: string) => void
  /** A line was too long to be taken in. */
  readonly oversize: (bytes: number) => void
  /** The host closed its side: nothing new is accepted, what runs is finished. */
  readonly endOfInput: () => void
  /** Nobody reads stdout any more: every run is cancelled and nothing more is written. */
  readonly hostGone: () => void
  /** Says a diagnostic, about a run or about the runner as a whole. */
  readonly diag: (level: DiagLevel, message: string, id?: string) => void
  /** Says `fatal`, cancels every run and falls silent. Resolves when everything that was said has left. */
  readonly fatal: (thrown: unknown) => Promise<void>
  /** Resolves once, when nothing new can come, every run has ended, and everything that was said has left. */
  readonly finished: Promise<void>
}

interface RunnerState<Signal> {
  readonly handler: RunHandler<Signal>
  readonly port: RunnerPort<Signal>
  readonly options: RunnerOptions
  readonly outlet: Outlet
  readonly runs: Map<string, OpenRun>
  /** Why nothing new is accepted. */
  closed: Error | undefined
  readonly finish: () => void
}

type Fields = Readonly<Record<string, unknown>>

export function makeRunner<Signal>(
  handler: RunHandler<Signal>,
  port: RunnerPort<Signal>,
  options: RunnerOptions = {}
): Runner {
  const outlet = makeOutlet(port, options.maxUnwritten)
  const { promise: finished, resolve } = Promise.withResolvers<void>()
  const finish = () => void outlet.empty().then(resolve)
  const runner: RunnerState<Signal> = { handler, port, options, outlet, runs: new Map(), closed: undefined, finish }
  return {
    hello: () => outlet.say({ type: "hello", protocol: PROTOCOL_VERSION, ...announcement(options) }),
    line: (text) => hear(runner, text),
    oversize: (bytes) => warn(runner, `ignored a line of ${bytes} bytes: it is longer than a frame may be`),
    endOfInput: () => close(runner, abortError("the host closed its side, so no answer can come")),
    hostGone: () => {
      outlet.close()
      cancelAll(runner, abortError("the host is gone"))
    },
    diag: (level, message, id) => outlet.tell(diagFrame(level, message, id)),
    fatal: (thrown) => {
      outlet.tell({ type: "fatal", message: errorLine(thrown) })
      outlet.mute()
      cancelAll(runner, abortError("the runner failed"))
      return outlet.empty()
    },
    finished
  }
}

function announcement(options: RunnerOptions) {
  const capabilities: Capabilities = { cancel: "cooperative", answer: true, ...options.capabilities }
  return {
    ...(options.agent === undefined ? {} : { agent: options.agent }),
    ...(options.version === undefined ? {} : { version: options.version }),
    capabilities
  }
}

function hear<Signal>(runner: RunnerState<Signal>, text: string): void {
  if (runner.closed !== undefined) return
  const read = decodeObjectLine(text)
  if (!read.ok) {
    if (read.fault.kind !== "blank") warn(runner, `ignored a line: ${read.fault.message}`)
    return
  }
  const frame = read.value
  if (frame["type"] === "hello") return checkHello(runner, frame)
  const id = frame["id"]
  if (!isRunId(id)) return warn(runner, "ignored a line: it has no usable `id`")
  switch (frame["type"]) {
    case "run":
      return accept(runner, id, frame["params"])
    case "cancel":
      return runner.runs.get(id)?.cancel(abortError(`the run was cancelled${because(frame["reason"])}`))
    case "answer":
      return runner.runs.get(id)?.answer(frame["request"], frame["value"])
    default:
      return refuse(runner, id, `unknown-type: ${typeName(frame["type"])}`)
  }
}

function accept<Signal>(runner: RunnerState<Signal>, id: string, given: unknown): void {
  if (runner.runs.has(id)) return refuse(runner, id, "duplicate-id")
  const params = readParams(runner, given)
  if (!params.ok) return refuse(runner, id, `invalid-params: ${flatten(params.fault)}`)
  const { handler, outlet, port } = runner
  const run = openRun({
    id,
    params: params.value,
    handler,
    outlet,
    aborter: port.makeAborter(),
    enter: (work) => (port.enter === undefined ? work() : port.enter(id, work)),
    ended: () => {
      runner.runs.delete(id)
      if (runner.closed !== undefined && runner.runs.size === 0) runner.finish()
    }
  })
  runner.runs.set(id, run)
}

/** The author's own check may throw; then the params are at fault as far as anyone can tell. */
function readParams<Signal>(runner: RunnerState<Signal>, given: unknown): ReturnType<typeof checkParams> {
  try {
    return checkParams(given, runner.options)
  } catch (error) {
    return { ok: false, fault: errorLine(error) }
  }
}

/**
 * Answers a line that cannot be obeyed with an `end`, unless its id is in flight: an `end` would end that run for its
 * readers, who did nothing wrong [W0-06]. Then a diagnostic says it.
 */
function refuse<Signal>(runner: RunnerState<Signal>, id: string, error: string): void {
  if (!runner.runs.has(id)) return runner.outlet.say({ type: "end", id, status: "error", error })
  warn(runner, `${error}: a line that uses the id of this run was ignored; the run goes on`, id)
}

function checkHello<Signal>(runner: RunnerState<Signal>, frame: Fields): void {
  if (frame["protocol"] === PROTOCOL_VERSION) return
  const spoken = JSON.stringify(frame["protocol"]) ?? "no version"
  warn(runner, `the host speaks protocol ${spoken.slice(0, 64)}, this runner speaks ${PROTOCOL_VERSION}`)
}

function cancelAll<Signal>(runner: RunnerState<Signal>, reason: Error): void {
  close(runner, reason)
  for (const run of [...runner.runs.values()]) run.cancel(reason)
}

function close<Signal>(runner: RunnerState<Signal>, reason: Error): void {
  if (runner.closed !== undefined) return
  runner.closed = reason
  for (const run of runner.runs.values()) run.closeAsks(reason)
  if (runner.runs.size === 0) runner.finish()
}

function warn<Signal>(runner: RunnerState<Signal>, message: string, id?: string): void {
  runner.outlet.tell(diagFrame("warn", message, id))
}

function diagFrame(level: DiagLevel, message: string, id: string | undefined): DiagFrame {
  return { type: "diag", ...(id === undefined ? {} : { id }), level, message: story(message) }
}

function because(reason: unknown): string {
  return typeof reason === "string" && reason !== "" ? `: ${flatten(reason)}` : ""
}

function typeName(type: unknown): string {
  return typeof type === "string" ? flatten(type.slice(0, 64)) : "the line has no string `type`"
}

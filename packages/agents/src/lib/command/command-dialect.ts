import type { Dialect, DialectSink, ExitFacts } from "@signalbox/machine"
import { decodeObjectLine, PROTOCOL_VERSION, promptText, type RunEvent, type RunFrame } from "@signalbox/protocol"
import { appendOutput, makeOutputTail, type OutputTail, readOutput } from "../output-tail.ts"

// The dialect of any program that is run once: its lines of stdout become events, its exit code decides. A line that
// is a JSON object with a string `type` is an event as it stands; all other text is the output of one command item.
// Lines of stderr are diagnostics, up to a limit, and stay evidence as well.

/** What is kept of the output for the completed item, in UTF-16 code units; the deltas have all of it. */
const maxAggregatedOutput = 1024 * 1024

/** What is passed on of stderr as diagnostics, in UTF-16 code units. */
const maxStderrDiags = 1024 * 1024

/** Plain text that comes in one chunk becomes one delta; a longer text is cut at this many UTF-16 code units. */
const maxGathered = 64 * 1024

const itemId = "command"

/** Owned by one process. `run` is undefined until the host hands the run over. */
interface CommandState {
  readonly command: string
  readonly output: OutputTail
  run: string | undefined
  /** Whether the command item was started. */
  itemOpen: boolean
  /** Whether the program spoke an event of its own. */
  spoke: boolean
  stderrLeft: number
  /** Lines of plain text that no delta has told yet. */
  gathered: string
}

/** Makes the dialect for one process. `command` is what people see as the item's command. */
export function commandDialect(command: string): Dialect {
  const state: CommandState = {
    command,
    output: makeOutputTail(maxAggregatedOutput),
    run: undefined,
    itemOpen: false,
    spoke: false,
    stderrLeft: maxStderrDiags,
    gathered: ""
  }
  return {
    start: (sink) => sink.frame({ type: "hello", protocol: PROTOCOL_VERSION, agent: "command", capabilities }),
    encode: (frame, sink) => {
      if (frame.type === "run") begin(state, frame, sink)
    },
    stdout: (line, sink) => hearStdout(state, line, sink),
    chunkEnd: (sink) => tellGathered(state, sink),
    stderr: (line, sink) => {
      tellGathered(state, sink)
      return hearStderr(state, line, sink)
    },
    exited: (facts, sink) => finish(state, facts, sink)
  }
}

const capabilities = { cancel: "kill", answer: false } as const

function begin(state: CommandState, frame: RunFrame, sink: DialectSink): void {
  if (state.run !== undefined) {
    const error = "this program carries one run, and it has one already"
    return sink.frame({ type: "end", id: frame.id, status: "error", error, code: "invalid_request" })
  }
  state.run = frame.id
  const prompt = promptText(frame.params.prompt)
  // The sink ends the text with a newline of its own.
  if (prompt !== "") sink.write(prompt.endsWith("\n") ? prompt.slice(0, -1) : prompt)
  sink.endInput()
}

function hearStdout(state: CommandState, line: string, sink: DialectSink): void {
  if (state.run === undefined) return sink.stray({ stream: "stdout", kind: "unknown_type", sample: line })
  const event = eventOf(line)
  if (event !== undefined) {
    state.spoke = true
    tellGathered(state, sink)
    return say(state, event, sink)
  }
  // A program that speaks events may put empty lines between them; only in plain text do they mean something.
  if (line === "" && state.spoke && !state.itemOpen) return
  openItem(state, sink)
  state.gathered += `${line}\n`
  if (state.gathered.length >= maxGathered) tellGathered(state, sink)
}

/** One delta for all lines of a chunk: a flood of tiny lines must not cost a record each. */
function tellGathered(state: CommandState, sink: DialectSink): void {
  const delta = state.gathered
  if (delta === "") return
  state.gathered = ""
  appendOutput(state.output, delta)
  say(state, { type: "item.delta", item_id: itemId, field: "aggregated_output", delta }, sink)
}

function eventOf(line: string): RunEvent | undefined {
  if (!line.trimStart().startsWith("{")) return undefined
  const decoded = decodeObjectLine(line)
  return decoded.ok && typeof decoded.value["type"] === "string" ? (decoded.value as RunEvent) : undefined
}

/** Always false: the text stays in the evidence, too. */
function hearStderr(state: CommandState, line: string, sink: DialectSink): boolean {
  if (state.run === undefined || state.stderrLeft < 0) return false
  state.stderrLeft -= line.length + 1
  if (state.stderrLeft >= 0) sink.frame({ type: "diag", id: state.run, level: "info", message: line })
  else {
    const message = "the program wrote more to stderr than is recorded line by line; the end of it is kept as evidence"
    sink.frame({ type: "diag", id: state.run, level: "warn", message })
  }
  return false
}

/** A silent program gets its item here, so that every trace shows the command; one that spoke events needs none. */
function finish(state: CommandState, { exitCode, signal }: ExitFacts, sink: DialectSink): void {
  if (state.run === undefined) return
  const failed = exitCode !== 0
  tellGathered(state, sink)
  if (!state.spoke) openItem(state, sink)
  if (state.itemOpen) say(state, { type: "item.completed", item: completedItem(state, exitCode) }, sink)
  const end = { type: "end", id: state.run } as const
  if (!failed) return sink.frame({ ...end, status: "ok" })
  const error = signal === null ? `exited with code ${exitCode ?? "unknown"}` : `killed by ${signal}`
  sink.frame({ ...end, status: "error", error, code: "exit_nonzero" })
}

function openItem(state: CommandState, sink: DialectSink): void {
  if (state.itemOpen) return
  state.itemOpen = true
  say(state, { type: "item.started", item: { ...itemOf(state), status: "in_progress" } }, sink)
}

function completedItem(state: CommandState, exitCode: number | null) {
  const aggregated_output = readOutput(state.output)
  const item = {
    ...itemOf(state),
    aggregated_output,
    exit_code: exitCode,
    status: exitCode === 0 ? "completed" : "failed"
  }
  return state.output.truncated ? { ...item, truncated: true } : item
}

function itemOf(state: CommandState) {
  return { id: itemId, type: "command_execution", command: state.command }
}

function say(state: CommandState, event: RunEvent, sink: DialectSink): void {
  if (state.run !== undefined) sink.frame({ type: "event", id: state.run, event })
}

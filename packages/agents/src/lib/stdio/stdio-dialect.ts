import type { Dialect, DialectSink } from "@signalbox/machine"
import {
  type Decoded,
  decodeObjectLine,
  decodeStderrLine,
  encodeLine,
  type HostFrame,
  isRunId,
  type LineFault,
  makeStdoutDecoder,
  PROTOCOL_VERSION,
  type RunFrame,
  type StdoutFrame
} from "@signalbox/protocol"

// The dialect of a program that speaks `signalbox.stdio/1` itself: frames pass as they are. The profile `s0` is for
// runners of the older protocol, which know the one message `run` and take the prompt as `input`.

export interface StdioDialectOptions {
  readonly profile?: StdioProfile
  /** Added to the params of every run; a run's own params win. */
  readonly params?: Readonly<Record<string, unknown>>
}

export type StdioProfile = "signalbox" | "s0"

/** Makes the dialect for one process. Of runs it remembers only how their event lines begin. */
export function stdioDialect(options: StdioDialectOptions = {}): Dialect {
  const s0 = options.profile === "s0"
  const decode = makeStdoutDecoder()
  return {
    start: (sink) => {
      if (!s0) writeFrame({ type: "hello", protocol: PROTOCOL_VERSION, host: "signalbox" }, sink)
    },
    encode: (frame, sink) => {
      if (frame.type === "run") writeRun(withParams(frame, options, s0), sink)
      else if (!s0) writeFrame(frame, sink)
    },
    stdout: (line, sink) => hearStdout(decode(line), line, sink),
    stderr: hearStderr
  }
}

function withParams(frame: RunFrame, options: StdioDialectOptions, s0: boolean): RunFrame {
  if (!s0 && options.params === undefined) return frame
  const params = { ...options.params, ...frame.params }
  return { ...frame, params: s0 ? promptAsInput(params) : params }
}

function promptAsInput(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { prompt, ...others } = params
  return prompt === undefined ? others : { ...others, input: prompt }
}

/** A run that JSON cannot carry ends here; the runner never hears of it. */
function writeRun(frame: RunFrame, sink: DialectSink): void {
  const line = encodeLine(frame)
  if (line.ok) return sink.write(line.value)
  const error = `invalid-params: JSON cannot carry the parameters: ${line.fault.message}`
  sink.frame({ type: "end", id: frame.id, status: "error", error, code: "invalid_request" })
}

function writeFrame(frame: Exclude<HostFrame, RunFrame>, sink: DialectSink): void {
  const line = encodeLine(frame)
  if (line.ok) sink.write(line.value)
  else sink.frame(unsayable(frame, line.fault.message))
}

function unsayable(frame: HostFrame, message: string) {
  const text = `the frame \`${frame.type}\` was not sent, JSON cannot carry it: ${message}`
  const diag = { type: "diag", level: "error", message: text } as const
  return "id" in frame && typeof frame.id === "string" ? { ...diag, id: frame.id } : diag
}

function hearStdout(decoded: Decoded<StdoutFrame, LineFault>, line: string, sink: DialectSink): void {
  if (decoded.ok) sink.frame(decoded.value)
  else if (decoded.fault.kind !== "blank") sink.stray({ stream: "stdout", ...strayOf(decoded.fault.kind, line) })
}

/** Only a broken `diag` or `fatal` is a stray: every other text on stderr is evidence and no fault. */
function hearStderr(line: string, sink: DialectSink): boolean {
  if (!looksLikeObject(line)) return false
  const decoded = decodeStderrLine(line)
  if (decoded.ok) sink.frame(decoded.value)
  else if (decoded.fault.kind === "wrong_shape" && decoded.fault.path !== "type") {
    sink.stray({ stream: "stderr", ...strayOf("wrong_shape", line) })
  }
  return decoded.ok
}

/** Spares plain text the cost of a failed parse. */
function looksLikeObject(line: string): boolean {
  return line.charCodeAt(0) === 0x7b || line.trimStart().startsWith("{")
}

function strayOf(kind: Exclude<LineFault["kind"], "blank">, sample: string) {
  const id = kind === "not_json" ? undefined : runIdOf(sample)
  return id === undefined ? { kind, sample } : { kind, sample, id }
}

function runIdOf(line: string): string | undefined {
  const decoded = decodeObjectLine(line)
  const id = decoded.ok ? decoded.value["id"] : undefined
  return isRunId(id) ? id : undefined
}

import { type Decoded, decoded, faulty, type LineFault } from "./decoded.ts"
import { checkStderrFrame, checkStdoutFrame } from "./envelope.ts"
import { learnEventLine, makeEventLines, readEventLine } from "./event-lines.ts"
import type { HostFrame, RunnerFrame, StderrFrame, StdoutFrame } from "./stdio-frames.ts"

// One line of text to a frame and back. Decoding never throws: whatever a program writes becomes a frame or a fault.
// Splitting bytes into lines is the framer's work (`@signalbox/machine`).

/** Reads one line of a runner's stdout. */
export function decodeStdoutLine(line: string): Decoded<StdoutFrame, LineFault> {
  const json = parseLine(line)
  return json.ok ? checkStdoutFrame(json.value) : json
}

/**
 * Reads the stdout of one runner: each line as `decodeStdoutLine` reads it, but a known run's events in less time than
 * parsing the whole line takes. The caller owns it, one for each process; it holds a bounded number of ids.
 */
export function makeStdoutDecoder(): (line: string) => Decoded<StdoutFrame, LineFault> {
  const lines = makeEventLines()
  return (line) => {
    const event = readEventLine(lines, line)
    if (event !== undefined) return decoded(event)
    const frame = decodeStdoutLine(line)
    if (frame.ok && frame.value.type === "event") learnEventLine(lines, line, frame.value)
    return frame
  }
}

/** Reads one line of a runner's stderr. A fault means plain text: keep it as evidence. */
export function decodeStderrLine(line: string): Decoded<StderrFrame, LineFault> {
  const json = parseLine(line)
  return json.ok ? checkStderrFrame(json.value) : json
}

/** Reads one line as any JSON object. */
export function decodeObjectLine(line: string): Decoded<Readonly<Record<string, unknown>>, LineFault> {
  const json = parseLine(line)
  if (!json.ok) return json
  return isObject(json.value) ? decoded(json.value) : faulty("not_object", "the line is JSON, but not an object")
}

/** Writes one frame as one line without its newline. JSON escapes every newline inside. Fails only for values that JSON cannot carry. */
export function encodeLine(frame: HostFrame | RunnerFrame): Decoded<string, { readonly message: string }> {
  try {
    const line: string | undefined = JSON.stringify(frame)
    return line === undefined ? unencodable("the frame has no JSON form") : decoded(line)
  } catch (error) {
    return unencodable(error instanceof Error ? error.message : "a value in the frame has no JSON form")
  }
}

function unencodable(message: string) {
  return { ok: false, fault: { message } } as const
}

function parseLine(line: string): Decoded<unknown, LineFault> {
  try {
    return decoded(JSON.parse(line) as unknown)
  } catch {
    return parseTrimmed(line)
  }
}

/** JSON.parse takes most white space by itself; only a byte order mark and exotic spaces need a second try. */
function parseTrimmed(line: string): Decoded<unknown, LineFault> {
  const trimmed = line.trim()
  if (trimmed === "") return faulty("blank", "the line is empty")
  if (trimmed.length === line.length) return faulty("not_json", "the line is not JSON")
  try {
    return decoded(JSON.parse(trimmed) as unknown)
  } catch {
    return faulty("not_json", "the line is not JSON")
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

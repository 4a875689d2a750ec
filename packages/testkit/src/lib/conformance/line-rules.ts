import { MAX_FRAME_BYTES } from "@signalbox/protocol"
import { endsOf, framesOf, helloOf, quoted, type Recording } from "./recording.ts"
import { broken, type Objection, type Rule } from "./rule.ts"
import { twentyIds } from "./scenarios.ts"

// Rules about bytes, lines and the hello.

type Line = Recording["stdout"][number]

/** Objects to the first line of stdout for which `isBad` holds. */
const noLine =
  (what: string, isBad: (line: Line) => boolean) =>
  (recording: Recording): Objection | undefined => {
    const bad = recording.stdout.find(isBad)
    return bad === undefined ? undefined : broken(`${what}: ${quoted(bad)}`)
  }

/** Objects to a scenario that could not come to its end: what it waited for says what was not understood. */
export const comesToItsEnd = (recording: Recording): Objection | undefined =>
  recording.missing === undefined ? undefined : broken(`waited in vain for ${recording.missing}`)

export const lineRules: ReadonlyArray<Rule> = [
  {
    id: "STDIO-1",
    expected: "every frame on stdout is one JSON object on one line of its own, ended by a newline",
    look: "every",
    judge: (recording) =>
      noLine("a last line without its newline", (line) => !line.terminated && line.bytes > 0)(recording) ??
      noLine("an object that goes on in the next line", isOpened)(recording)
  },
  {
    id: "STDIO-2",
    expected: "stdout is UTF-8 without a byte order mark",
    look: "every",
    judge: (recording) =>
      noLine("a line that is not UTF-8", (line) => !line.utf8)(recording) ??
      noLine("a byte order mark", (line) => line.text.startsWith("\uFEFF"))(recording)
  },
  {
    id: "STDIO-3",
    expected: "lines end with LF alone, not with CR and LF",
    look: "every",
    judge: noLine("a carriage return before the newline", endsWithReturn)
  },
  {
    id: "STDIO-4",
    expected: `no line is longer than ${MAX_FRAME_BYTES} bytes`,
    look: "every",
    judge: noLine("too long a line", (line) => line.bytes > MAX_FRAME_BYTES)
  },
  {
    id: "STDIO-5",
    expected: "runs at the same time write whole lines: no byte of another frame stands inside one",
    look: ["two runs", "twenty runs", "several lines at once"],
    judge: (recording) =>
      noLine(
        "torn lines while several runs spoke",
        (line) => isFault(line) && line.fault?.kind === "not_json" && line.text.includes('"type"')
      )(recording) ?? (recording.scenario === "twenty runs" ? missingRuns(recording) : undefined)
  },
  {
    id: "STDIO-6",
    expected: "a raw U+2028, U+2029 or U+0085 inside a line does not end it",
    look: ["strange line separators"],
    judge: comesToItsEnd
  },
  {
    id: "STDIO-7",
    expected: "a line is understood however its bytes arrive: in many pieces, or many lines at once",
    look: ["pieces", "several lines at once"],
    judge: comesToItsEnd
  },
  {
    id: "STDIO-8",
    expected: "blank lines and lines that are no JSON object are ignored, and the runner goes on",
    look: ["noise"],
    judge: (recording) => comesToItsEnd(recording) ?? onlyAbout(recording, "after-noise")
  },
  {
    id: "STDIO-9",
    expected: "unknown fields in `hello`, `run` and `params` change nothing",
    look: ["unknown fields"],
    judge: (recording) => comesToItsEnd(recording) ?? refusedAnyway(recording, "unknown-fields")
  },
  {
    id: "STDIO-10",
    expected: "stdout carries nothing but frames",
    look: "every",
    judge: noLine("a line that is no frame", (line) => isFault(line) && !/^\s*\{"type":"hello"/.test(line.text))
  },
  {
    id: "STDIO-12",
    expected: "a hello is the first line of stdout and is said once",
    look: "every",
    judge: (recording) => {
      const later = recording.stdout.slice(1).find((line) => line.frame?.type === "hello")
      return later === undefined ? undefined : broken(`a hello that is not the first line: ${quoted(later)}`)
    }
  },
  {
    id: "STDIO-13",
    expected: "a hello carries `protocol`: the number 1",
    look: "every",
    judge: (recording) => {
      const misshapen = recording.stdout.find((line) => isFault(line) && /^\s*\{"type":"hello"/.test(line.text))
      if (misshapen !== undefined) return broken(`${misshapen.fault?.message}: ${quoted(misshapen)}`)
      const hello = helloOf(recording)
      return hello === undefined || hello.protocol === 1 ? undefined : broken(`protocol ${hello.protocol}`)
    }
  },
  {
    id: "STDIO-14",
    expected: "a host that never says hello is served as well",
    look: ["no host hello"],
    judge: comesToItsEnd
  }
]

function endsWithReturn(line: Line): boolean {
  return line.text.endsWith("\r")
}

function isOpened(line: Line): boolean {
  return line.fault?.kind === "not_json" && /^\s*\{[^}]*$/.test(line.text) && line.bytes <= line.text.length * 4
}

function isFault(line: Line): boolean {
  return line.fault !== undefined && line.fault.kind !== "blank" && line.bytes <= MAX_FRAME_BYTES
}

function missingRuns(recording: Recording): Objection | undefined {
  const missing = twentyIds.filter((id) => endsOf(recording, id).length === 0)
  return missing.length === 0 ? undefined : broken(`of 20 runs at once ${missing.length} never ended`)
}

/** Objects to frames about anything but the one run that the scenario gave. */
export function onlyAbout(recording: Recording, id: string): Objection | undefined {
  const stray = recording.stdout.find(({ frame }) => frame !== undefined && "id" in frame && frame.id !== id)
  if (stray !== undefined) return broken(`an answer to what has to be ignored: ${quoted(stray)}`)
  const misshapen = recording.stdout.find((line) => line.fault?.kind === "wrong_shape" && line.text.includes('"id"'))
  return misshapen === undefined ? undefined : broken(`an answer to what has to be ignored: ${quoted(misshapen)}`)
}

function refusedAnyway(recording: Recording, id: string): Objection | undefined {
  const refusal = framesOf(recording, id).find(
    ({ frame }) =>
      frame?.type === "end" && frame.status === "error" && /^(invalid-params|unknown-type)/.test(frame.error)
  )
  return refusal === undefined ? undefined : broken(quoted(refusal))
}

import type { LineFault, StderrFrame, StdoutFrame } from "@signalbox/protocol"
import type { RunnerExit } from "./connection.ts"

// What was heard from one process of the runner, from its start to its end. Rules judge recordings and nothing else.

/** One line as it came. `text` is cut for long lines; `bytes` is its whole length without the newline. */
export interface HeardLine<Frame> {
  readonly text: string
  readonly bytes: number
  readonly atMs: number
  readonly terminated: boolean
  readonly utf8: boolean
  readonly frame: Frame | undefined
  readonly fault: LineFault | undefined
}

export interface Recording {
  readonly scenario: string
  readonly stdout: ReadonlyArray<HeardLine<StdoutFrame>>
  readonly stderr: ReadonlyArray<HeardLine<StderrFrame>>
  /** The ids that the suite gave to the runner in this scenario, valid or not. */
  readonly given: ReadonlySet<string>
  /** Undefined when the process did not exit by itself in time. */
  readonly exit: RunnerExit | undefined
  /** What the scenario waited for in vain, or why it could not go on. */
  readonly missing: string | undefined
  /** Notes of the scenario for its rules: a name, and the time or the count. */
  readonly notes: Readonly<Record<string, number>>
}

/** The frames about one run, in order. */
export function framesOf(recording: Recording, id: string): ReadonlyArray<HeardLine<StdoutFrame>> {
  return recording.stdout.filter((line) => line.frame !== undefined && "id" in line.frame && line.frame.id === id)
}

export function endsOf(recording: Recording, id: string): ReadonlyArray<HeardLine<StdoutFrame>> {
  return framesOf(recording, id).filter((line) => line.frame?.type === "end")
}

export function helloOf(recording: Recording): Extract<StdoutFrame, { type: "hello" }> | undefined {
  for (const { frame } of recording.stdout) if (frame?.type === "hello") return frame
  return undefined
}

const cutAt = 160

/** A line for people: cut, with everything invisible made visible. */
export function quoted(line: { readonly text: string; readonly bytes: number }): string {
  const cut = JSON.stringify(line.text.slice(0, cutAt)).slice(1, -1)
  return line.text.length > cutAt || line.bytes > line.text.length * 4 ? `${cut}… (${line.bytes} bytes)` : cut
}

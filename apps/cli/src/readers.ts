import type { TraceLine } from "@signalbox/trace"
import type { TraceRecord } from "@signalbox/protocol"
import { fitColumns, harmless, type Looks, say } from "./terminal.ts"
import { makeNarrator, type NarratorOptions, type ShownLine, type Tone } from "./narrator.ts"
import type { Output } from "./output.ts"

// The ways in which a run is shown: records for programs, lines for people, the last message alone.

/** Owned by one command; ends with the run. */
export interface Reader {
  /** Shows what has come; resolves when more may come. */
  readonly take: (lines: ReadonlyArray<TraceLine>) => Promise<void>
  /** The run is over: shows what was held back. */
  readonly finish: () => Promise<void>
  /** A note on stderr that does not disturb what is on the screen. */
  readonly note: (text: string) => void
}

/** The records as they are in the journal. On a terminal, bytes that it could take for orders are written as escapes. */
export function jsonReader(output: Output, terminal: boolean): Reader {
  const shown = (text: string) => (terminal ? text.replace(c1, escaped) : text)
  return {
    take: (lines) => output.write(lines.map(({ text }) => `${shown(text)}\n`).join("")),
    finish: () => Promise.resolve(),
    note: say
  }
}

// oxlint-disable-next-line no-control-regex
const c1 = /[\u007f-\u009f]/g
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Only what the agent said last; for a command, what it wrote. */
export function quietReader(output: Output, terminal: boolean): Reader {
  let message: string | undefined
  let written = ""
  return {
    take: async (lines) => {
      for (const { text } of lines) {
        // Most records are deltas: they need not be parsed.
        if (!text.includes('"item.completed"')) continue
        const { record } = JSON.parse(text) as TraceRecord
        if (record.type !== "event" || record.event.type !== "item.completed") continue
        const item = record.event["item"] as Readonly<Record<string, unknown>> | undefined
        const said = item?.["type"] === "agent_message" ? item["text"] : undefined
        const output = item?.["type"] === "command_execution" ? item["aggregated_output"] : undefined
        if (typeof said === "string") message = said
        if (typeof output === "string") written = output
      }
    },
    finish: async () => {
      const text = message ?? written
      const shown = terminal ? harmless(text) : text
      await output.write(shown === "" || shown.endsWith("\n") ? shown : `${shown}\n`)
    },
    note: say
  }
}

const paints: Readonly<Record<Tone, readonly [string, string] | undefined>> = {
  head: ["\u001b[1m", "\u001b[22m"],
  step: ["\u001b[36m", "\u001b[39m"],
  output: ["\u001b[2m", "\u001b[22m"],
  message: undefined,
  thought: ["\u001b[2;3m", "\u001b[22;23m"],
  good: ["\u001b[32m", "\u001b[39m"],
  bad: ["\u001b[31m", "\u001b[39m"],
  warning: ["\u001b[33m", "\u001b[39m"],
  faint: ["\u001b[2m", "\u001b[22m"]
}

/** A shown line with its colour. */
export function paint({ tone, text }: ShownLine, colour: boolean): string {
  const pair = colour && text !== "" ? paints[tone] : undefined
  return pair === undefined ? text : `${pair[0]}${text}${pair[1]}`
}

export interface LiveReaderParts extends NarratorOptions {
  readonly output: Output
  readonly looks: Looks
  readonly columns: () => number
}

const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
const plainSpinner = "|/-\\"
const drawEveryMs = 100

/** Lines as they come; on a terminal also one line at the bottom that says what is going on, drawn over and over. */
export function liveReader(parts: LiveReaderParts): Reader {
  const { output, looks } = parts
  const narrator = makeNarrator(parts)
  let drawn = false
  let frame = 0
  const clear = () => {
    if (drawn) output.draw("\r\u001b[2K")
    drawn = false
  }
  const draw = () => {
    const { text, since } = narrator.present()
    const frames = looks.marks ? spinner : plainSpinner
    const seconds = since === undefined ? "" : ` ${Math.max(0, Math.floor((Date.now() - since) / 1_000))} s`
    const line = `${frames[frame++ % frames.length]}${seconds} ${text.replaceAll("\t", " ")}`
    clear()
    output.draw(paint({ tone: "faint", text: fitColumns(line, Math.max(10, parts.columns() - 1)) }, looks.colour))
    drawn = true
  }
  const timer = looks.live ? setInterval(draw, drawEveryMs) : undefined
  return {
    take: async (lines) => {
      const shown = lines.flatMap(({ text }) => narrator.take(JSON.parse(text) as TraceRecord))
      if (shown.length === 0) return
      clear()
      await output.write(shown.map((line) => `${paint(line, looks.colour)}\n`).join(""))
    },
    finish: async () => {
      clearInterval(timer)
      clear()
    },
    note: (text) => {
      clear()
      say(text)
    }
  }
}

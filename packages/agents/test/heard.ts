import type { Dialect, DialectSink, Stray } from "@signalbox/machine"
import type { RunnerFrame } from "@signalbox/protocol"

// A sink that remembers, and frames as words, so that a failing test shows a story.

export interface Heard {
  readonly sink: DialectSink
  readonly written: Array<string>
  readonly frames: Array<RunnerFrame>
  readonly strays: Array<Stray>
  inputEnded: boolean
  readonly words: () => ReadonlyArray<string>
}

/** Starts a dialect and remembers all that it orders. */
export function startDialect(dialect: Dialect): Heard {
  const heard: Heard = {
    sink: {
      write: (line) => heard.written.push(line),
      frame: (frame) => heard.frames.push(frame),
      stray: (stray) => heard.strays.push(stray),
      endInput: () => {
        heard.inputEnded = true
      }
    },
    written: [],
    frames: [],
    strays: [],
    inputEnded: false,
    words: () => wordsOf(heard.frames)
  }
  dialect.start(heard.sink)
  return heard
}

/** One word group a frame; repeated deltas of one item are one. */
function wordsOf(frames: ReadonlyArray<RunnerFrame>): ReadonlyArray<string> {
  const words: Array<string> = []
  for (const frame of frames) {
    const word = wordOf(frame)
    if (word.endsWith("item.delta") && words.at(-1) === word) continue
    words.push(word)
  }
  return words
}

function wordOf(frame: RunnerFrame): string {
  switch (frame.type) {
    case "event":
      return `${frame.id} ${eventWord(frame.event)}`
    case "end":
      return `${frame.id} end ${frame.status}`
    case "ask":
      return `${frame.id} ask ${String(frame["subject"])}`
    case "diag":
      return `${frame.id ?? "all"} diag ${frame.level}`
    case "hello":
      return `hello ${frame.agent} ${frame.version ?? "-"}`
    default:
      return frame.type
  }
}

function eventWord(event: { readonly type: string; readonly [field: string]: unknown }): string {
  if (event.type === "vendor") return `vendor ${String(event["name"])}`
  const item = event["item"] as Readonly<Record<string, unknown>> | undefined
  if (item === undefined) return event.type
  const status = event.type === "item.completed" && typeof item["status"] === "string" ? ` ${item["status"]}` : ""
  return `${event.type} ${String(item["type"])}${status}`
}

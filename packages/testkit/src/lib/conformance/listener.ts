import { endOfInput, type LineSink, makeLineFramer, pushChunk } from "@signalbox/machine"
import { type Decoded, type LineFault, MAX_FRAME_BYTES } from "@signalbox/protocol"
import type { HeardLine } from "./recording.ts"

// One pipe of the runner to lines with frames. Memory is bounded per line; a recording lives as long as its scenario.

const keptCharacters = 2_000

export interface Listening<Frame> {
  /** Where the lines go. */
  readonly lines: Array<HeardLine<Frame>>
  readonly decode: (text: string) => Decoded<Frame, LineFault>
  /** Called after every chunk, and at the end. */
  readonly heard: () => void
}

/** Reads a pipe to its end. The promise resolves when the pipe has ended, however it ends. */
export async function listen<Frame>(
  pipe: AsyncIterable<Uint8Array>,
  { lines, decode, heard }: Listening<Frame>
): Promise<void> {
  const sink = makeSink(lines, decode)
  const framer = makeLineFramer({ maxBytes: MAX_FRAME_BYTES, ...utf8 })
  try {
    for await (const chunk of pipe) {
      pushChunk(framer, chunk, sink)
      heard()
    }
  } catch {
    // A pipe that breaks has ended.
  }
  sink.unterminated = true
  endOfInput(framer, sink)
  heard()
}

const encoder = new TextEncoder()
const lenient = new TextDecoder("utf-8", { ignoreBOM: true })
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true })
const utf8 = {
  decode: (bytes: Uint8Array) => lenient.decode(bytes),
  isUtf8: (bytes: Uint8Array) => {
    try {
      strict.decode(bytes)
      return true
    } catch {
      return false
    }
  }
}

function makeSink<Frame>(
  lines: Array<HeardLine<Frame>>,
  decode: (text: string) => Decoded<Frame, LineFault>
): LineSink & { unterminated: boolean } {
  let broken = false
  const sink = {
    unterminated: false,
    repaired: () => void (broken = true),
    line: (text: string) => {
      const read = decode(text)
      const facts = { atMs: performance.now(), terminated: !sink.unterminated, utf8: !broken }
      const kept = { text: text.slice(0, keptCharacters), bytes: encoder.encode(text).length }
      broken = false
      lines.push({ ...kept, ...facts, ...(read.ok ? framed(read.value) : faulted<Frame>(read.fault)) })
    },
    oversize: (bytes: number, start: string) => {
      const fault: LineFault = { kind: "not_json", message: "the line is longer than 16 MiB" }
      const facts = { atMs: performance.now(), terminated: !sink.unterminated, utf8: true }
      lines.push({ text: start, bytes, ...facts, ...faulted<Frame>(fault) })
    }
  }
  return sink
}

const framed = <Frame>(frame: Frame) => ({ frame, fault: undefined })
const faulted = <Frame>(fault: LineFault) => ({ frame: undefined as Frame | undefined, fault })

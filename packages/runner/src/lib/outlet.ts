import { encodeLine, MAX_FRAME_BYTES, type StderrFrame, type StdoutFrame } from "@signalbox/protocol"
import { type LineWriter, makeLineWriter } from "./line-writer.ts"
import type { RunnerPort } from "./runner-port.ts"

// Both streams of a runner: frames in, batches of lines out. Stderr leaves first, so that the diagnostics of a run are on
// their way before its `end`.

/** Owned by the runner; ends with `close`. When a stream is full frames are still taken; `room` says when to go on. */
export interface Outlet {
  /** Sends a frame on stdout. Throws a sentence for the author when the frame cannot be sent. */
  readonly say: (frame: StdoutFrame) => void
  /** Sends a frame on stderr. */
  readonly tell: (frame: StderrFrame) => void
  /** Nothing when both streams have room, otherwise a promise of room on both. */
  readonly room: () => Promise<void> | undefined
  /** From now on nothing new is said on stdout; what waits still leaves. */
  readonly mute: () => void
  /** Resolves when everything has left. */
  readonly empty: () => Promise<void>
  /** The host does not read stdout any more, so nothing has to leave. */
  readonly close: () => void
}

const defaultMaxUnwritten = 1_048_576

export function makeOutlet(port: RunnerPort<unknown>, maxUnwritten = defaultMaxUnwritten): Outlet {
  const stdout = makeLineWriter(port.stdout, maxUnwritten)
  const stderr = makeLineWriter(port.stderr, maxUnwritten)
  let muted = false
  let deferred = false
  const flush = () => {
    deferred = false
    stderr.flush()
    stdout.flush()
  }
  const send = (writer: LineWriter, frame: StdoutFrame | StderrFrame) => {
    writer.push(sendableLine(frame))
    if (deferred) return
    deferred = true
    port.defer(flush)
  }
  return {
    say: (frame) => {
      if (!muted) send(stdout, frame)
    },
    tell: (frame) => send(stderr, frame),
    room: () => bothRooms(stdout.room(), stderr.room()),
    mute: () => {
      muted = true
    },
    empty: async () => {
      await Promise.all([stdout.empty(), stderr.empty()])
    },
    close: () => {
      muted = true
      stdout.close()
      stderr.close()
    }
  }
}

function bothRooms(first: Promise<void> | undefined, second: Promise<void> | undefined): Promise<void> | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return Promise.all([first, second]).then(() => undefined)
}

function sendableLine(frame: StdoutFrame | StderrFrame): string {
  const line = encodeLine(frame)
  if (!line.ok) throw new TypeError(`JSON cannot carry it: ${line.fault.message}`)
  // A character is at most three bytes of UTF-8, so almost every line is measured by its length alone.
  if (line.value.length * 3 > MAX_FRAME_BYTES && utf8Length(line.value) > MAX_FRAME_BYTES) {
    throw new RangeError(`its line is longer than the ${MAX_FRAME_BYTES} bytes that a host accepts`)
  }
  return line.value
}

function utf8Length(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // JSON writes lone surrogates as escapes, so each surrogate here is half of a pair of four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3
  }
  return bytes
}

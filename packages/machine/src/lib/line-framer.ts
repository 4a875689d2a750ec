// Bytes to lines. A line ends at byte 0x0A and at nothing else; UTF-8 is never cut, because whole lines are decoded.
// A line over the limit is dropped up to its newline and reported, so memory is bounded by the limit plus one chunk.

export interface LineFramerConfig {
  /** The longest line in bytes, its newline not counted. */
  readonly maxBytes: number
  /** Bytes to text, bad sequences replaced by U+FFFD. */
  readonly decode: (bytes: Uint8Array) => string
  /** Whether the bytes are well-formed UTF-8. */
  readonly isUtf8: (bytes: Uint8Array) => boolean
}

/** Called synchronously while a chunk is taken in. */
export interface LineSink {
  readonly line: (text: string) => void
  /** A line held bad UTF-8; `line` follows with the repaired text. */
  readonly repaired: (text: string) => void
  /** A line of `bytes` bytes was dropped. `start` is the text of its first bytes. */
  readonly oversize: (bytes: number, start: string) => void
}

/** Owned by one stream; ends with it. */
export interface LineFramer {
  readonly config: LineFramerConfig
  /** The beginning of a line whose newline has not come yet. */
  held: Array<Uint8Array>
  heldBytes: number
  /** Bytes dropped of an oversize line so far; 0 when none is being dropped. */
  dropped: number
  droppedStart: string
}

const newline = 0x0a
const sampleBytes = 256
const mostParts = 512

export function makeLineFramer(config: LineFramerConfig): LineFramer {
  return { config, held: [], heldBytes: 0, dropped: 0, droppedStart: "" }
}

/** Takes one chunk in. The chunk must not be changed afterwards: its end may be held. */
export function pushChunk(framer: LineFramer, chunk: Uint8Array, sink: LineSink): void {
  const last = chunk.lastIndexOf(newline)
  if (last < 0) return hold(framer, chunk)
  let start = 0
  if (framer.heldBytes > 0 || framer.dropped > 0) {
    const first = chunk.indexOf(newline)
    hold(framer, chunk.subarray(0, first))
    closeHeld(framer, sink)
    start = first + 1
  }
  if (start <= last) emitRegion(framer.config, chunk.subarray(start, last), sink)
  if (last + 1 < chunk.length) hold(framer, chunk.subarray(last + 1))
}

/** The stream ended: what is held is a line without its newline. */
export function endOfInput(framer: LineFramer, sink: LineSink): void {
  if (framer.heldBytes > 0 || framer.dropped > 0) closeHeld(framer, sink)
}

function hold(framer: LineFramer, part: Uint8Array): void {
  if (part.length === 0) return
  if (framer.dropped > 0) {
    framer.dropped += part.length
    return
  }
  framer.held.push(part)
  framer.heldBytes += part.length
  if (framer.heldBytes > framer.config.maxBytes) drop(framer)
  else if (framer.held.length >= mostParts) framer.held = [joined(framer)]
}

function drop(framer: LineFramer): void {
  framer.dropped = framer.heldBytes
  framer.droppedStart = framer.config.decode(joined(framer).subarray(0, sampleBytes))
  framer.held = []
  framer.heldBytes = 0
}

function closeHeld(framer: LineFramer, sink: LineSink): void {
  if (framer.dropped > 0) {
    const { dropped, droppedStart } = framer
    framer.dropped = 0
    framer.droppedStart = ""
    sink.oversize(dropped, droppedStart)
    return
  }
  const line = joined(framer)
  framer.held = []
  framer.heldBytes = 0
  emitLine(framer.config, line, sink)
}

/** Emits the lines of a region that begins at a line's start and ends before a newline. */
function emitRegion(config: LineFramerConfig, region: Uint8Array, sink: LineSink): void {
  if (region.length > config.maxBytes || !config.isUtf8(region)) return emitLineByLine(config, region, sink)
  const text = config.decode(region)
  let from = 0
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
    sink.line(text.slice(from, at))
    from = at + 1
  }
  sink.line(from === 0 ? text : text.slice(from))
}

function emitLineByLine(config: LineFramerConfig, region: Uint8Array, sink: LineSink): void {
  let from = 0
  for (let at = region.indexOf(newline); at >= 0; at = region.indexOf(newline, from)) {
    emitLine(config, region.subarray(from, at), sink)
    from = at + 1
  }
  emitLine(config, region.subarray(from), sink)
}

function emitLine(config: LineFramerConfig, line: Uint8Array, sink: LineSink): void {
  if (line.length > config.maxBytes) {
    sink.oversize(line.length, config.decode(line.subarray(0, sampleBytes)))
    return
  }
  const text = config.decode(line)
  if (!config.isUtf8(line)) sink.repaired(text)
  sink.line(text)
}

function joined(framer: LineFramer): Uint8Array {
  const only = framer.held[0]
  if (framer.held.length === 1 && only !== undefined) return only
  const whole = new Uint8Array(framer.heldBytes)
  let at = 0
  for (const part of framer.held) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

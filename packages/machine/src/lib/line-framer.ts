// Bytes to lines. A line ends at byte 0x0A and at nothing else; UTF-8 is never cut, because whole lines are decoded.
// A line over the limit is dropped up to its newline and reported, so memory is bounded by the limit plus one chunk.

export interface LineFramerConfig {
  /** The longest line in bytes, its newline not counted. */
  readonly maxBytes: number
  /** Bytes to text, bad sequences replaced by U+FFFD, a byte order mark kept (a TextDecoder needs `ignoreBOM: true`). */
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

/** Owned by one stream; ends with it. Holds at most one line: `maxBytes`, whatever arrives. */
export interface LineFramer {
  readonly config: LineFramerConfig
  /** The beginning of a line whose newline has not come yet is in the first `heldBytes` bytes; the rest is room. */
  held: Uint8Array
  heldBytes: number
  /** Bytes dropped of an oversize line so far; 0 when none is being dropped. */
  dropped: number
  droppedStart: string
}

const newline = 0x0a
const sampleBytes = 256
const leastRoom = 1024
/** Room up to this size is kept from line to line. */
const keptRoom = 128 * 1024
const noBytes = new Uint8Array(0)

export function makeLineFramer(config: LineFramerConfig): LineFramer {
  return { config, held: noBytes, heldBytes: 0, dropped: 0, droppedStart: "" }
}

/** Takes one chunk in. Nothing of the chunk is kept: its end is copied. */
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
  const total = framer.heldBytes + part.length
  if (total > framer.config.maxBytes) return drop(framer, part)
  if (total > framer.held.length) grow(framer, total)
  framer.held.set(part, framer.heldBytes)
  framer.heldBytes = total
}

/** Doubles the room, so that a line in many small pieces is copied a few times and not once for every piece. */
function grow(framer: LineFramer, needed: number): void {
  const room = Math.min(framer.config.maxBytes, Math.max(needed, framer.held.length * 2, leastRoom))
  const larger = new Uint8Array(room)
  larger.set(framer.held.subarray(0, framer.heldBytes))
  framer.held = larger
}

function drop(framer: LineFramer, part: Uint8Array): void {
  const start = new Uint8Array(Math.min(sampleBytes, framer.config.maxBytes) + 1)
  const fromHeld = framer.held.subarray(0, Math.min(framer.heldBytes, start.length))
  start.set(fromHeld)
  start.set(part.subarray(0, start.length - fromHeld.length), fromHeld.length)
  framer.dropped = framer.heldBytes + part.length
  framer.droppedStart = sample(framer.config, start)
  empty(framer)
}

function empty(framer: LineFramer): void {
  framer.heldBytes = 0
  if (framer.held.length > keptRoom) framer.held = noBytes
}

function closeHeld(framer: LineFramer, sink: LineSink): void {
  const { config, dropped, droppedStart, held, heldBytes } = framer
  framer.dropped = 0
  framer.droppedStart = ""
  empty(framer)
  if (dropped > 0) sink.oversize(dropped, droppedStart)
  else emitLine(config, held.subarray(0, heldBytes), sink)
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
    sink.oversize(line.length, sample(config, line))
    return
  }
  const text = config.decode(line)
  if (!config.isUtf8(line)) sink.repaired(text)
  sink.line(text)
}

/** The text of a line's first bytes, the same however the line arrived. A character that would be cut is left out. */
function sample(config: LineFramerConfig, line: Uint8Array): string {
  const most = Math.min(sampleBytes, config.maxBytes, line.length)
  let end = most
  while (end > most - 3 && end > 0 && isContinuation(line[end])) end -= 1
  return config.decode(line.subarray(0, isContinuation(line[end]) ? most : end))
}

/** Bytes after the first of a character. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

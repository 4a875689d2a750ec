import { isUtf8 } from "node:buffer"
import { rounds } from "@signalbox/proof"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endOfInput, type LineFramer, type LineSink, makeLineFramer, pushChunk } from "../src/index.ts"

const decode = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
const makeFramer = (maxBytes: number) => makeLineFramer({ maxBytes, decode, isUtf8 })

/** Writes down what a framer says, one word per call. */
function makeListener() {
  const heard: Array<string> = []
  const sink: LineSink = {
    line: (text) => heard.push(`line ${text}`),
    repaired: () => heard.push("repaired"),
    oversize: (bytes, start) => heard.push(`oversize ${bytes} ${start}`)
  }
  return { heard, sink }
}

function frame(chunks: Iterable<Uint8Array>, maxBytes = 1024): ReadonlyArray<string> {
  const framer = makeFramer(maxBytes)
  const { heard, sink } = makeListener()
  for (const chunk of chunks) pushChunk(framer, chunk, sink)
  endOfInput(framer, sink)
  return heard
}

/** What a framer must say, found the slow way: cut at 0x0A, then look at each piece. */
function expected(bytes: Buffer, maxBytes: number): ReadonlyArray<string> {
  const pieces: Array<Buffer> = []
  let from = 0
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
    pieces.push(bytes.subarray(from, at))
    from = at + 1
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from))
  return pieces.flatMap((piece) => {
    if (piece.length > maxBytes) return [`oversize ${piece.length}`]
    return [...(isUtf8(piece) ? [] : ["repaired"]), `line ${piece.toString("utf8")}`]
  })
}

const withoutStart = (heard: ReadonlyArray<string>) => heard.map((word) => /^oversize \d+/.exec(word)?.[0] ?? word)

function cut(bytes: Uint8Array, lengths: ReadonlyArray<number>): Array<Uint8Array> {
  const chunks: Array<Uint8Array> = []
  let at = 0
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length))
    at += length
  }
  return [...chunks, bytes.subarray(at)]
}

const byByte = (bytes: Uint8Array) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))

describe("the line framer, line by line", () => {
  it.each<[string, string | Buffer, ReadonlyArray<string>]>([
    ["says nothing for an empty stream", "", []],
    ["gives each line without its newline", "a\nbc\n", ["line a", "line bc"]],
    ["gives a last line that has no newline", "a\nb", ["line a", "line b"]],
    ["gives blank lines as empty text", "\n\na\n\n", ["line ", "line ", "line a", "line "]],
    ["leaves the carriage return of CRLF to the one who trims", "a\r\nb\r\n", ["line a\r", "line b\r"]],
    ["does not end a line at a lone carriage return", "a\rb\n", ["line a\rb"]],
    [
      "does not end a line at U+2028, U+2029, U+0085, VT or FF",
      "a\u2028b\u2029c\u0085d\ve\ff\n",
      ["line a\u2028b\u2029c\u0085d\ve\ff"]
    ],
    ["keeps a byte order mark, at the start and later", "\ufeffa\n\ufeffb\n", ["line \ufeffa", "line \ufeffb"]],
    ["keeps NUL bytes", "a\0b\n", ["line a\0b"]],
    [
      "repairs bad UTF-8 and says so before the line",
      Buffer.from([0x61, 0xff, 0x0a, 0x62, 0x0a]),
      ["repaired", "line a\ufffd", "line b"]
    ],
    [
      "repairs a character that the newline cuts off, in its own line only",
      Buffer.from([0xe2, 0x82, 0x0a, 0xac, 0x0a, 0x63, 0x0a]),
      ["repaired", "line \ufffd", "repaired", "line \ufffd", "line c"]
    ],
    ["repairs an encoded surrogate", Buffer.from([0xed, 0xa0, 0x80, 0x0a]), ["repaired", "line \ufffd\ufffd\ufffd"]]
  ])("%s, whole and byte by byte [W0-12]", (_, input, words) => {
    const bytes = Buffer.from(input)
    expect(frame([bytes])).toEqual(words)
    expect(frame(byByte(bytes))).toEqual(words)
  })

  it.each<[string, string, ReadonlyArray<string>]>([
    ["takes a line of exactly the limit", "12345678\nb\n", ["line 12345678", "line b"]],
    ["skips a line one byte over it", "123456789\nb\n", ["oversize 9 12345678", "line b"]],
    ["skips a last line without newline", "a\n123456789", ["line a", "oversize 9 12345678"]],
    ["skips one between two good lines", "a\n1234567890123\nb\n", ["line a", "oversize 13 12345678", "line b"]],
    ["skips several in a row", "123456789\n1234567890\nb\n", ["oversize 9 12345678", "oversize 10 12345678", "line b"]],
    ["counts bytes, not characters", "\u20ac\u20ac\u20ac\nb\n", ["oversize 9 \u20ac\u20ac", "line b"]]
  ])("with a limit of 8 bytes %s and goes on with the next, whole and byte by byte [W0-12]", (_, input, words) => {
    const bytes = Buffer.from(input)
    expect(frame([bytes], 8)).toEqual(words)
    expect(frame(byByte(bytes), 8)).toEqual(words)
  })

  it("shows at most 256 bytes of a line that it skipped", () => {
    expect(frame([Buffer.from(`${"x".repeat(2000)}\n`)])).toEqual([`oversize 2000 ${"x".repeat(256)}`])
  })

  it("keeps nothing of a chunk, so that its owner may use the memory again", () => {
    const framer = makeFramer(1024)
    const { heard, sink } = makeListener()
    const chunk = Buffer.from("first half, ")
    pushChunk(framer, chunk, sink)
    chunk.fill(0x21)
    pushChunk(framer, Buffer.from("second half\n"), sink)
    expect(heard).toEqual(["line first half, second half"])
  })

  it("can go on after the end of input with a new stream", () => {
    const framer = makeFramer(4)
    const { heard, sink } = makeListener()
    for (const text of ["too long", "ab", ""]) {
      pushChunk(framer, Buffer.from(text), sink)
      endOfInput(framer, sink)
    }
    expect(heard).toEqual(["oversize 8 too ", "line ab"])
  })
})

const hostileBytes = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      fc.constantFrom("\n", "\r\n", "\n\n", "\u2028", "\ufeff", "\u20ac", "\u{1f600}", "{}", "0123456789").map(encode),
      fc.constantFrom([0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc0, 0x80]).map((bytes) => Uint8Array.from(bytes))
    ),
    { maxLength: 40 }
  )
  .map((parts) => Buffer.concat(parts))

function encode(text: string): Uint8Array {
  return Buffer.from(text)
}

describe("the line framer, for every stream of bytes", () => {
  it("gives lines that do not depend on how the bytes were chunked [W0-12]", () => {
    fc.assert(
      fc.property(
        hostileBytes,
        fc.array(fc.nat({ max: 30 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 300 }),
        (bytes, lengths, maxBytes) => {
          const whole = frame([bytes], maxBytes)
          expect(withoutStart(whole)).toEqual(expected(bytes, maxBytes))
          expect(frame(byByte(bytes), maxBytes)).toEqual(whole)
          expect(frame(cut(bytes, lengths), maxBytes)).toEqual(whole)
        }
      )
    )
  })

  it("never holds more than its limit [W0-12]", () => {
    fc.assert(
      fc.property(
        hostileBytes,
        fc.array(fc.nat({ max: 30 })),
        fc.integer({ min: 1, max: 64 }),
        (bytes, lengths, max) => {
          const framer = makeFramer(max)
          const { sink } = makeListener()
          for (const chunk of cut(bytes, lengths)) {
            pushChunk(framer, chunk, sink)
            expect(memoryOf(framer)).toBeLessThanOrEqual(max)
          }
        }
      )
    )
  })
})

const memoryOf = (framer: LineFramer) => framer.held.length

describe("the line framer, with very long lines", () => {
  const mebibyte = 1024 * 1024

  it("skips up to 1 GiB without a newline in constant memory, counts every byte and gives the next line [W0-12]", () => {
    const chunks = rounds(1024)
    const chunk = Buffer.alloc(mebibyte, 0x78)
    const framer = makeFramer(16 * mebibyte)
    const { heard, sink } = makeListener()
    let most = 0
    for (let count = 0; count < chunks; count++) {
      pushChunk(framer, chunk, sink)
      most = Math.max(most, memoryOf(framer))
    }
    pushChunk(framer, Buffer.from("\nnext\n"), sink)
    expect(heard).toEqual([`oversize ${chunks * mebibyte} ${"x".repeat(256)}`, "line next"])
    expect(most).toBeLessThanOrEqual(16 * mebibyte)
    expect(memoryOf(framer)).toBe(0)
  })

  it("copies a long line that comes in tiny pieces only a few times", () => {
    const framer = makeFramer(16 * mebibyte)
    const { heard, sink } = makeListener()
    const piece = Buffer.from("x")
    let grown = 0
    for (let count = 0; count < mebibyte; count++) {
      const before = framer.held
      pushChunk(framer, piece, sink)
      if (framer.held !== before) grown += 1
    }
    pushChunk(framer, Buffer.from("\n"), sink)
    expect(heard.map((word) => word.length)).toEqual(["line ".length + mebibyte])
    expect(grown).toBeLessThanOrEqual(11)
  })
})

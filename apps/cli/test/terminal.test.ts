import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { nearest } from "../src/nearest.ts"
import { fitColumns, harmless, harmlessLine, looksOf } from "../src/terminal.ts"

describe("text of an agent", () => {
  it.each([
    ["a colour", "\u001b[31mred\u001b[0m", "red"],
    ["a moved cursor", "a\u001b[2;5Hb\u001b[Ac\u001b[2J", "abc"],
    ["a window title ended by BEL", "a\u001b]0;evil\u0007b", "ab"],
    ["a window title ended by ST", "a\u001b]2;evil\u001b\\b", "ab"],
    ["a title that never ends", "a\u001b]0;evil", "a"],
    ["a title over two lines", "a\u001b]0;evil\nnext", "a\nnext"],
    ["a link", "\u001b]8;;http://evil\u0007text\u001b]8;;\u0007", "text"],
    ["device control", "a\u001bP1$r0m\u001b\\b", "ab"],
    ["a reset", "a\u001bcb", "ab"],
    ["an alternate screen", "\u001b[?1049ha\u001b[?1049l", "a"],
    ["a sequence that is cut off", "a\u001b[31", "a"],
    ["a lone escape", "a\u001b", "a"],
    ["eight-bit sequences", "a\u009b31mb\u009d0;evil\u009cc", "abc"],
    ["a bell and a backspace", "a\u0007b\bc\u007f", "abc"],
    ["marks that turn the reading direction", "a\u202eb\u2066c", "abc"],
    ["tabs and newlines, which stay", "a\tb\nc", "a\tb\nc"],
    ["letters of all kinds, which stay", "äß 日本 🚂 e\u0301", "äß 日本 🚂 e\u0301"]
  ])("is made harmless: %s", (_what, text, shown) => {
    expect(harmless(text)).toBe(shown)
  })

  it("never holds a control character but tab and newline, whatever it was and however often it is cleaned", () => {
    const piece = fc.constantFrom(
      "\u001b",
      "[",
      "]",
      "P",
      "\u0007",
      "\u009b",
      "\u009d",
      "\\",
      "31m",
      "\n",
      "\r",
      "x",
      "\u202e"
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: "binary" })), { maxLength: 12 }), (pieces) => {
        const shown = harmless(pieces.join(""))
        // oxlint-disable-next-line no-control-regex
        expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
        expect(harmless(shown)).toBe(shown)
      })
    )
  })

  it("is cleaned in a time that grows with its length, not faster", () => {
    const started = performance.now()
    harmless("\u001b]".repeat(200_000))
    harmless("\u001b[".repeat(200_000))
    harmless(`\u001b]${"x".repeat(400_000)}`)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it.each([
    ["10%\r50%\r100%", "100%"],
    ["done\r", "done"],
    ["plain", "plain"],
    ["\r", ""]
  ])("shows of the line %j what a carriage return has left: %j", (line, shown) => {
    expect(harmlessLine(line)).toBe(shown)
  })

  it.each([
    ["short", 10, "short"],
    ["exactly10!", 10, "exactly10!"],
    ["longer than ten", 10, "longer th…"],
    ["日本語日本語", 6, "日本…"],
    ["🚂🚂🚂", 5, "🚂…"],
    ["a🚂bc", 3, "a…"]
  ])("is cut to columns: %j in %d", (text, columns, shown) => {
    expect(fitColumns(text, columns)).toBe(shown)
  })
})

describe("the looks", () => {
  const terminal = { isTTY: true }
  it.each([
    ["a terminal", terminal, {}, { colour: true, live: true, marks: true }],
    ["a pipe", {}, {}, { colour: false, live: false, marks: false }],
    ["NO_COLOR", terminal, { NO_COLOR: "1" }, { colour: false, live: true, marks: true }],
    ["an empty NO_COLOR", terminal, { NO_COLOR: "" }, { colour: true, live: true, marks: true }],
    ["FORCE_COLOR in a pipe", {}, { FORCE_COLOR: "1" }, { colour: true, live: false, marks: false }],
    [
      "FORCE_COLOR before NO_COLOR",
      {},
      { FORCE_COLOR: "1", NO_COLOR: "1" },
      { colour: true, live: false, marks: false }
    ],
    ["FORCE_COLOR=0", terminal, { FORCE_COLOR: "0" }, { colour: false, live: true, marks: true }],
    ["TERM=dumb", terminal, { TERM: "dumb" }, { colour: false, live: false, marks: false }],
    ["a locale without UTF-8", terminal, { LANG: "C" }, { colour: true, live: true, marks: false }],
    ["a locale with UTF-8", terminal, { LC_ALL: "de_DE.utf8", LANG: "C" }, { colour: true, live: true, marks: true }]
  ])("follow %s", (_what, stream, environment, looks) => {
    expect(looksOf(stream, environment)).toEqual(looks)
  })
})

describe("the nearest word", () => {
  it.each([
    ["agnet", "agent"],
    ["jsno", "json"],
    ["time-limt", "time-limit"],
    ["runer", "runner"],
    ["xyzzy", undefined],
    ["", undefined]
  ])("to %j is %s", (word, known) => {
    expect(nearest(word, ["agent", "json", "time-limit", "runner"])).toBe(known)
  })
})
